// Lines of plain and of packed files, whatever is in them.
#include "journal/lines.hpp"

#include <gmock/gmock.h>

#include "journal/support.hpp"

namespace centrala::journal {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

struct Lines : testing::Test {
    Directory directory;
    std::string path = directory.file("log");
    std::vector<std::string> seen;

    Result<Tail> read_all(std::uint64_t at_most = 1 << 30) {
        seen.clear();
        return for_each_line(
            path,
            [&](std::string_view line) {
                seen.emplace_back(line);
                return true;
            },
            at_most);
    }
};

TEST_F(Lines, OfPackedFilesAreThoseOfPlainOnes) {
    write(path, "one\n\ntwo\nto");
    auto tail = read_all();
    ASSERT_TRUE(tail);
    EXPECT_THAT(seen, ElementsAre("one", "", "two"));
    EXPECT_EQ(tail->start, "to");
    EXPECT_FALSE(tail->packed);
    pack(path, {"one\n\ntw", "o\nto"});
    tail = read_all();
    ASSERT_TRUE(tail);
    EXPECT_THAT(seen, ElementsAre("one", "", "two"));
    EXPECT_EQ(tail->start, "to");
    EXPECT_EQ(tail->bytes, 2U);
    EXPECT_TRUE(tail->packed);
}

TEST_F(Lines, BeforeTheDamageInAPackedFileArePassedOn) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 2654435761U) + "\n";
    pack(path, {text});
    const std::string packed = read(path);
    write(path, packed.substr(0, packed.size() / 2));
    const auto cut_off = read_all();
    ASSERT_FALSE(cut_off);
    EXPECT_THAT(cut_off.error().message, HasSubstr(path + ": unexpected end of file"));
    ASSERT_GT(seen.size(), 10'000U);
    EXPECT_EQ(seen[1], "2654435761");
    auto damaged = packed;
    for (std::size_t i = 0; i < 64; ++i) damaged[packed.size() - 100'000 + i] = '\xff';
    write(path, damaged);
    EXPECT_FALSE(read_all());
    write(path, packed.substr(0, 3));
    EXPECT_FALSE(read_all());
}

TEST_F(Lines, WithoutEndArePassedOnEmpty) {
    const std::string endless(64 << 20, '\0');
    pack(path, {endless, "\nlast\n", endless});
    ASSERT_LT(std::filesystem::file_size(path), 1U << 20);
    const auto tail = read_all();
    ASSERT_TRUE(tail);
    EXPECT_THAT(seen, ElementsAre("", "last"));
    EXPECT_EQ(tail->bytes, endless.size());
    EXPECT_EQ(tail->start.size(), 64U);
}

TEST_F(Lines, AreReadAsFarAsAsked) {
    pack(path, {std::string(1 << 20, 'x') + "\n"});
    const auto tail = read_all(1000);
    ASSERT_TRUE(tail);
    EXPECT_EQ(tail->bytes, 1000U);
    EXPECT_TRUE(seen.empty());
}

TEST_F(Lines, OfWhatIsNoFileAreAnError) {
    const auto missing = read_all();
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("No such file"));
    path = directory.file("");
    const auto folder = read_all();
    ASSERT_FALSE(folder);
    EXPECT_THAT(folder.error().message, HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace centrala::journal
