// What is kept of calls on disk: over processes, in files of other kinds, when the disk is full.
#include "app/calls_file.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "app/temporary_folder.hpp"

namespace centrala::app {
namespace {

using calls::KeptId;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CallsFileTest : public testing::Test {
protected:
    CallsFile open(const std::string& name = "calls") {
        auto file = CallsFile::open(path(name), [this](std::string_view what) { alarms.emplace_back(what); });
        EXPECT_TRUE(file) << file.error().message;
        return std::move(file).value();
    }
    [[nodiscard]] std::string path(const std::string& name = "calls") const { return folder.path() + "/" + name; }
    static std::vector<std::string> texts(CallsFile&& file) {
        std::vector<std::string> found;
        for (const auto& call : file.take_kept())
            found.push_back(std::to_string(static_cast<std::uint64_t>(call.id)) + " " + call.text);
        std::sort(found.begin(), found.end());
        return found;
    }

    test::TemporaryFolder folder;
    std::vector<std::string> alarms;
};

TEST_F(CallsFileTest, TheNextProcessFindsWhatWasKept) {
    {
        CallsFile file = open();
        file.keep(KeptId{1}, "one");
        file.keep(KeptId{2}, "two");
        file.keep(KeptId{3}, "three");
        file.keep(KeptId{2}, "two again");
        file.keep(KeptId{1}, "");
        file.keep(KeptId{9}, "");
    }
    EXPECT_THAT(texts(open()), ElementsAre("2 two again", "3 three"));
    CallsFile file = open();
    file.keep(KeptId{4}, "four");
    EXPECT_THAT(texts(open()), ElementsAre("2 two again", "3 three", "4 four"));
    EXPECT_THAT(alarms, IsEmpty());
}

TEST_F(CallsFileTest, IsAsLongAsItEverHadCallsAtOnce) {
    CallsFile file = open();
    for (std::uint64_t n = 1; n <= 100; ++n) {
        file.keep(KeptId{n}, "a call");
        file.keep(KeptId{n}, "");
    }
    EXPECT_LE(std::filesystem::file_size(path()), 2u * 4'096);
}

TEST_F(CallsFileTest, BeginsAnewWhenNothingIsKept) {
    {
        CallsFile file = open();
        for (std::uint64_t n = 1; n <= 9; ++n) file.keep(KeptId{n}, "a call");
        for (std::uint64_t n = 1; n <= 9; ++n) file.keep(KeptId{n}, "");
    }
    open();
    EXPECT_LT(std::filesystem::file_size(path()), 4'096u);
}

TEST_F(CallsFileTest, ADamagedSlotCostsItsCallOnly) {
    {
        CallsFile file = open();
        for (std::uint64_t n = 1; n <= 3; ++n) file.keep(KeptId{n}, "call " + std::to_string(n));
    }
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2 * 4'096 + 18);
    file.put('X');
    file.close();
    EXPECT_THAT(texts(open()), ElementsAre("1 call 1", "3 call 3"));
    std::filesystem::resize_file(path(), 3 * 4'096 + 20);
    EXPECT_THAT(texts(open()), ElementsAre("1 call 1"));
}

TEST_F(CallsFileTest, AnotherKindOfFileIsMovedAside) {
    std::ofstream(path()) << "{\"version\":1}\n";
    EXPECT_THAT(texts(open()), IsEmpty());
    EXPECT_TRUE(std::filesystem::exists(path() + ".bad"));
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("moved to")));
}

TEST_F(CallsFileTest, CallsThatKillEachProcessAreTakenUpAFewTimesOnly) {
    open().keep(KeptId{1}, "deadly");
    for (unsigned n = 0; n < CallsFile::kAttemptsMax; ++n) EXPECT_THAT(texts(open()), ElementsAre("1 deadly")) << n;
    EXPECT_THAT(alarms, IsEmpty());
    EXPECT_THAT(texts(open()), IsEmpty());
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("3 processes in a row died")));
    open().keep(KeptId{1}, "another");
    EXPECT_THAT(texts(open()), ElementsAre("1 another"));
}

TEST_F(CallsFileTest, AProcessThatLivedForAWhileCountsForNothing) {
    open().keep(KeptId{1}, "harmless");
    for (int n = 0; n < 9; ++n) {
        CallsFile file = open();
        EXPECT_EQ(file.take_kept().size(), 1u);
        file.lived();
    }
    EXPECT_THAT(alarms, IsEmpty());
}

TEST_F(CallsFileTest, ATextThatIsTooLongIsNotKept) {
    CallsFile file = open();
    file.keep(KeptId{1}, std::string(CallsFile::kTextMax, 'a'));
    file.keep(KeptId{2}, "two");
    file.keep(KeptId{2}, std::string(CallsFile::kTextMax + 1, 'b'));
    file.keep(KeptId{3}, std::string(CallsFile::kTextMax + 1, 'c'));
    EXPECT_THAT(texts(open()), ElementsAre("1 " + std::string(CallsFile::kTextMax, 'a')));
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("isn't kept"))) << "told once";
}

TEST_F(CallsFileTest, SaysWhyItCannotBeOpened) {
    const auto file = CallsFile::open(path("none/calls"), [](std::string_view) {});
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().message, HasSubstr("none/calls: No such file"));
}

/// As on a full disk no file grows beyond that.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) : old_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, old_);
    }
    FullDisk(const FullDisk&) = delete;

private:
    rlimit before_{};
    void (*old_)(int);
};

TEST_F(CallsFileTest, AFullDiskKeepsNoServerFromStarting) {
    auto full = std::make_unique<FullDisk>(0);
    CallsFile file = open();
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("File too large")));
    file.keep(KeptId{1}, "one");
    full.reset();
    file.keep(KeptId{2}, "two");
    EXPECT_THAT(alarms, ElementsAre(testing::_, HasSubstr("kept again")));
    EXPECT_THAT(texts(open()), ElementsAre("2 two")) << "and the file says again what it is";
}

TEST_F(CallsFileTest, SaysOnceThatTheDiskIsFullAndWhenItNoLongerIs) {
    CallsFile file = open();
    auto full = std::make_unique<FullDisk>(4'096);
    file.keep(KeptId{1}, "one");
    file.keep(KeptId{2}, "two");
    full.reset();
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("can't be kept: File too large")));
    file.keep(KeptId{2}, "two");
    EXPECT_THAT(alarms, ElementsAre(testing::_, HasSubstr("kept again")));
    EXPECT_THAT(texts(open()), ElementsAre("2 two"));
}

}  // namespace
}  // namespace centrala::app
