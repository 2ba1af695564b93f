// A log in several files: which of them tell of a call, and their order.
#include "centrala/journal/files.hpp"

#include <gmock/gmock.h>

#include "centrala/journal/journal.hpp"
#include "journal/random_events.hpp"
#include "journal/support.hpp"

namespace centrala::journal {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

/// A log in which calls arrive, and which is rotated.
struct Files : testing::Test {
    Directory directory;
    std::string path = directory.file("events.ndjson");
    std::unique_ptr<routing::Core> core;
    std::unique_ptr<Journal> journal;
    Timestamp now = kStart;

    void SetUp() override { start(); }
    /// The server, on what is there.
    void start() {
        journal.reset();
        core = std::make_unique<routing::Core>(plan());
        auto opened = Journal::open({path, 1 << 20, 0s, 1s, {}}, *core, now);
        ASSERT_TRUE(opened) << opened.error().message;
        journal = std::move(opened).value();
    }
    void call() {
        now += 1min;
        routing::input::ContactArrives arrives;
        arrives.entry_point = routing::EntryPointId{0};
        for (const auto& event : core->step(arrives, now).events) journal->append(event);
        journal->commit(now);
    }
    std::string move(const std::string& suffix) {
        std::filesystem::rename(path, path + suffix);
        return path + suffix;
    }
    std::string rotate(const std::string& suffix) {
        now += 1min;
        auto moved = move(suffix);
        EXPECT_TRUE(journal->reopen(core->state(), now));
        return moved;
    }
    std::string rotate_and_pack(const std::string& suffix) {
        const auto moved = rotate(suffix);
        pack(moved + ".gz", {read(moved)});
        std::filesystem::remove(moved);
        return moved + ".gz";
    }
    [[nodiscard]] std::vector<std::string> about(std::uint64_t contact) const {
        return files_about(ContactId{contact}, path).paths;
    }
};

TEST_F(Files, AboutACallReachBackToThatInWhichItArrived) {
    call();
    const auto oldest = rotate_and_pack(".3");
    call();
    const auto older = rotate_and_pack(".2");
    call();
    const auto old = rotate(".1");
    call();
    EXPECT_THAT(about(4), ElementsAre(path));
    EXPECT_THAT(about(3), ElementsAre(old, path));
    EXPECT_THAT(about(2), ElementsAre(older, old, path));
    EXPECT_THAT(about(1), ElementsAre(oldest, older, old, path));
    EXPECT_THAT(about(99), ElementsAre(path)) << "it is yet to come";
    std::filesystem::remove(oldest);
    EXPECT_THAT(about(1), ElementsAre(older, old, path));
}

TEST_F(Files, AreOrderedByTheirFirstLinesRatherThanByNames) {
    call();
    const auto first = rotate_and_pack("-20991231");
    call();
    const auto second = rotate(".7");
    call();
    const auto third = rotate("-2023-11-15.1700006400");
    EXPECT_THAT(about(1), ElementsAre(first, second, third, path));
}

TEST_F(Files, OfWhichThereAreCopiesCountOnce) {
    call();
    const auto old = rotate(".1");
    write(path + "-copy", read(old));
    write(path + ".bak", read(path));
    EXPECT_EQ(about(1).size(), 2U);
    EXPECT_EQ(about(1).back(), path);
}

TEST_F(Files, ThatAreNoLogsArePassedOverAndNamed) {
    call();
    const auto old = rotate_and_pack(".2");
    const auto damaged = rotate(".1");
    pack(damaged, {read(damaged)});
    write(damaged, read(damaged).substr(0, 20));
    pack(path + ".3.gz", {std::string(64 << 20, '\0')});
    write(path + "-notes", "yesterday was quiet\n");
    write(path + ".0", "");
    write(directory.file("events.csv"), "a,b\n");
    std::filesystem::create_directory(path + ".d");
    const auto found = files_about(ContactId{1}, path);
    EXPECT_THAT(found.paths, ElementsAre(old, path));
    EXPECT_EQ(found.passed_over, 3U);
    EXPECT_THAT(found.such_as, HasSubstr(path));
    EXPECT_EQ(files_about(ContactId{2}, path).passed_over, 0U) << "nobody needed them";
}

TEST_F(Files, OfALogThatWasLostTellOfItsOwnCalls) {
    call();
    rotate(".3");
    call();
    now += 1min;
    move(".2");  // while the server is down
    start();
    call();
    EXPECT_THAT(about(1), ElementsAre(path));
    const auto old = rotate(".1");
    EXPECT_THAT(about(1), ElementsAre(old, path));
    EXPECT_THAT(in_order({path + ".2", path + ".3"}).value(), ElementsAre(path + ".3", path + ".2"));
    const auto mixed = in_order({path + ".2", old});
    ASSERT_FALSE(mixed);
    EXPECT_THAT(mixed.error().message, HasSubstr(old + ": begins with seq 1, though " + path + ".2 before it"));
}

TEST_F(Files, AreFoundWhileTheServerIsDown) {
    call();
    const auto oldest = rotate_and_pack(".2");
    call();
    const auto old = move(".1");
    EXPECT_THAT(about(1), ElementsAre(oldest, old));
    EXPECT_THAT(about(2), ElementsAre(old));
    write(path, "");
    EXPECT_THAT(about(2), ElementsAre(old));
}

TEST_F(Files, AreReadAlthoughTheirHeadsAreMissing) {
    call();
    const auto old = rotate(".1");
    const std::string text = read(path);
    write(path, text.substr(text.find('\n') + 1));
    EXPECT_THAT(about(2), ElementsAre(old, path)) << "it may have arrived before";
}

TEST_F(Files, ALogThatCannotBeReadIsLeftToItsReader) {
    call();
    rotate(".1");
    write(path, "no log\n");
    EXPECT_THAT(about(1), ElementsAre(path));
    EXPECT_THAT(files_about(ContactId{1}, directory.file("nowhere/x")).paths, ElementsAre(directory.file("nowhere/x")));
}

TEST_F(Files, GivenInAnyOrderAreReadInTheirs) {
    call();
    const auto old = rotate_and_pack(".1");
    write(directory.file("empty"), "");
    EXPECT_THAT(in_order({path, directory.file("empty"), old}).value(), ElementsAre(old, path));
    EXPECT_FALSE(in_order({path, path})) << "twice";
    EXPECT_FALSE(in_order({path, directory.file("missing")}));
    EXPECT_FALSE(in_order({directory.file("empty"), directory.file("empty")}));
    EXPECT_THAT(in_order({directory.file("missing")}).value(), ElementsAre(directory.file("missing")));
}

TEST_F(Files, FoldedOneAfterTheOtherGiveTheStateThatWroteThem) {
    call();
    const auto old = rotate_and_pack(".1");
    call();
    routing::Core again(plan());
    std::uint64_t arrivals = 0;
    for (const auto& file : about(1)) {
        const auto folded = fold(file, again, [&](const routing::Event& event) {
            arrivals += std::holds_alternative<routing::event::ContactArrived>(event.body);
        });
        ASSERT_TRUE(folded) << folded.error().message;
        EXPECT_EQ(folded->packed, file == old);
    }
    EXPECT_EQ(arrivals, 2U);
    EXPECT_EQ(again.state(), core->state());
}

TEST_F(Files, ThatArePackedAreNotContinued) {
    call();
    const auto old = rotate_and_pack(".1");
    journal.reset();
    std::filesystem::rename(old, path);
    const std::string before = read(path);
    routing::Core other(plan());
    const auto opened = Journal::open({path, 1 << 20, 0s, 1s, {}}, other, now);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("packed by gzip"));
    EXPECT_EQ(read(path), before);
}

}  // namespace
}  // namespace centrala::journal
