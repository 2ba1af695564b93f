// The journal on a real file system: opening, continuing, rotating, full devices.
#include "centrala/journal/journal.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/stat.h>

#include "journal/random_events.hpp"
#include "journal/schema_check.hpp"
#include "journal/support.hpp"

namespace centrala::journal {
namespace {

using namespace test;

class JournalTest : public testing::Test {
protected:
    Journal::Options options(const std::string& path) {
        return {path, 16 * 1024 * 1024, 0s, 1s, [this](std::string_view text) { alarms.emplace_back(text); }};
    }
    std::unique_ptr<Journal> open(routing::Core& core) { return open(core, path); }
    std::unique_ptr<Journal> open(routing::Core& core, const std::string& at) {
        auto journal = Journal::open(options(at), core, kStart);
        EXPECT_TRUE(journal.ok()) << (journal ? "" : journal.error().message);
        return journal ? std::move(journal).value() : nullptr;
    }
    static routing::Core core() { return routing::Core(plan()); }
    static std::vector<std::string> types(const std::string& path) {
        std::vector<std::string> types;
        std::uint64_t seq = 0;
        for (const auto& line : lines(read(path))) {
            EXPECT_EQ(schema_errors(line), "");
            const auto record = nlohmann::json::parse(line);
            EXPECT_TRUE(seq == 0 || record["seq"] == seq + 1);
            seq = record["seq"];
            types.push_back(record["type"]);
        }
        return types;
    }
    static routing::Event login(routing::Core& core) {
        return core.step(routing::input::AgentLogsIn{AgentId{0}}, kStart).events.front();
    }

    Directory directory;
    std::string path = directory.file("events.ndjson");
    std::vector<std::string> alarms;
};

TEST_F(JournalTest, BeginsANewFileWithEverythingThereIs) {
    auto c = core();
    open(c);
    std::vector<std::string> expected{"log.opened"};
    const auto p = plan();
    expected.insert(expected.end(), p->agents.size(), "agent.snapshot");
    expected.insert(expected.end(), p->queues.size(), "queue.snapshot");
    expected.insert(expected.end(), p->entry_points.size(), "entry_point.snapshot");
    EXPECT_EQ(types(path), expected);
    struct stat about {};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0007U, 0U) << "callers' numbers are nobody else's business";
    EXPECT_TRUE(alarms.empty());
}

TEST_F(JournalTest, ContinuesItsSeqAndItsState) {
    auto first = core();
    {
        const auto journal = open(first);
        journal->append(login(first));
        journal->commit(kStart);
    }
    auto second = core();
    const auto journal = open(second);
    EXPECT_EQ(journal->recovery().events, 1U);
    EXPECT_EQ(journal->recovery().skipped, 0U);
    EXPECT_EQ(second.state(), first.state());
    const auto all = types(path);
    EXPECT_EQ(all[all.size() - 2], "agent.state_changed");
    EXPECT_EQ(all.back(), "log.recovered");
}

TEST_F(JournalTest, CutsOffATornLastLineAndReusesItsSeq) {
    auto first = core();
    {
        const auto journal = open(first);
        journal->append(kStart, "server.ready", {});
    }
    const std::string whole = read(path);
    for (const std::string& torn :
         {whole.substr(0, whole.size() - 1), whole + "{\"seq\":11,\"ts\":", whole + std::string(5000, '\0')}) {
        write(path, torn);
        auto c = core();
        const auto journal = open(c);
        EXPECT_GT(journal->recovery().torn_bytes, 0U);
        EXPECT_EQ(types(path).back(), "log.recovered");
    }
}

TEST_F(JournalTest, StartsWithNothingButATornLine) {
    for (const std::string& torn : {std::string("{\"se"), std::string(100, '\0'), std::string("{\"seq\":1,\"ts\"")}) {
        write(path, torn);
        auto c = core();
        open(c);
        EXPECT_EQ(types(path).front(), "log.opened");
    }
}

TEST_F(JournalTest, LeavesAForeignFileAlone) {
    for (const std::string& foreign :
         {std::string("root:x:0:0\n"), std::string("no newline at all"), std::string("{\"a\":1}\n")}) {
        write(path, foreign);
        auto c = core();
        EXPECT_FALSE(Journal::open(options(path), c, kStart).ok());
        EXPECT_EQ(read(path), foreign);
    }
    auto c = core();
    EXPECT_FALSE(Journal::open(options(directory.file("no/such/directory")), c, kStart).ok());
}

TEST_F(JournalTest, PassesOverDamagedLinesAndCountsThem) {
    auto first = core();
    {
        const auto journal = open(first);
        journal->append(login(first));
    }
    const std::string good = read(path);
    write(path, good + "\xff\xfe garbage\n" + std::string(200'000, 'x') + "\n" +
                    R"({"seq":50,"ts":"2023-11-14T22:13:20.123456Z","type":"moon.rose","v":1})"
                    "\n");
    auto second = core();
    const auto journal = open(second);
    EXPECT_EQ(journal->recovery().skipped, 3U);
    EXPECT_EQ(journal->stats().next_seq, 52U);
    EXPECT_EQ(second.state(), first.state());
}

TEST_F(JournalTest, RefusesASecondWriter) {
    auto c = core();
    const auto journal = open(c);
    auto other = core();
    const auto second = Journal::open(options(path), other, kStart);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.error().message.find("another process"), std::string::npos);
}

TEST_F(JournalTest, FollowsLogrotateAndTheNewFileStandsAlone) {
    auto first = core();
    const auto journal = open(first);
    journal->append(login(first));
    journal->commit(kStart);
    std::filesystem::rename(path, path + ".1");
    const auto seq = journal->stats().next_seq;
    const auto moved = journal->reopen(first.state(), kStart + 1s);
    ASSERT_TRUE(moved.ok());
    EXPECT_TRUE(*moved);
    EXPECT_EQ(types(path + ".1").back(), "agent.state_changed");
    EXPECT_EQ(types(path).front(), "log.opened");
    EXPECT_EQ(nlohmann::json::parse(lines(read(path))[0])["seq"], seq);
    auto second = core();
    ASSERT_TRUE(fold(path, second).ok());
    EXPECT_EQ(second.state(), first.state());
}

TEST_F(JournalTest, GoesOnInTheSameFileWhenNobodyMovedIt) {
    auto first = core();
    const auto journal = open(first);
    const auto moved = journal->reopen(first.state(), kStart);
    ASSERT_TRUE(moved.ok());
    EXPECT_FALSE(*moved);
    auto second = core();
    const auto folded = fold(path, second);
    ASSERT_TRUE(folded.ok());
    EXPECT_EQ(folded->snapshots, 2U);
    EXPECT_EQ(second.state(), first.state());
}

TEST_F(JournalTest, KeepsTheOldFileWhenTheNewOneCannotBeOpened) {
    std::filesystem::create_directory(directory.file("d"));
    path = directory.file("d/events.ndjson");
    auto c = core();
    const auto journal = open(c);
    std::filesystem::rename(directory.file("d"), directory.file("moved"));
    EXPECT_FALSE(journal->reopen(c.state(), kStart).ok());
    journal->append(kStart, "server.ready", {});
    journal->commit(kStart);
    EXPECT_EQ(types(directory.file("moved/events.ndjson")).back(), "server.ready");
}

TEST_F(JournalTest, DoesNotGlueItsFirstLineToSomebodysTornOne) {
    auto c = core();
    const auto journal = open(c);
    std::filesystem::rename(path, path + ".1");
    write(path, "{\"seq\":1,\"ts");
    ASSERT_TRUE(journal->reopen(c.state(), kStart).ok());
    EXPECT_EQ(nlohmann::json::parse(lines(read(path))[1])["type"], "log.opened");
}

TEST_F(JournalTest, RunsOnWhenTheDeviceIsFull) {
    auto c = core();
    auto opts = options("/dev/full");
    opts.backlog_max = 4096;
    const auto journal = Journal::open(std::move(opts), c, kStart);
    ASSERT_TRUE(journal.ok());
    for (int i = 0; i < 1000; ++i) {
        (*journal)->append(kStart, "server.ready", {});
        (*journal)->commit(kStart + std::chrono::seconds(i));
    }
    EXPECT_TRUE((*journal)->stats().failing);
    EXPECT_GT((*journal)->stats().lost, 900U);
    EXPECT_EQ(alarms.size(), 2U);  // can't be written; is losing events
}

/// The kernel's own short write: the file may grow to a limit in the middle of a line, later further.
TEST_F(JournalTest, CompletesALineThatHitTheFileSizeLimit) {
    auto c = core();
    const auto journal = open(c);
    struct rlimit old {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    auto limited = old;
    const std::size_t before = types(path).size();
    limited.rlim_cur = std::filesystem::file_size(path) + 150;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
    for (int i = 0; i < 5; ++i) journal->append(kStart, "server.ready", {});
    journal->commit(kStart);
    const auto torn = read(path);
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_NE(torn.back(), '\n');
    EXPECT_EQ(alarms.size(), 1U);
    journal->commit(kStart + 1s);
    EXPECT_EQ(types(path).size(), before + 5U);
    EXPECT_EQ(alarms.size(), 2U);
}

TEST_F(JournalTest, WritesNamesOfTheNewPlanAfterAReload) {
    auto c = core();
    const auto journal = open(c);
    auto renamed = *plan();
    renamed.agents[0].name = "anna";
    journal->set_plan(renamed);
    journal->append(login(c));
    journal->commit(kStart);
    EXPECT_EQ(nlohmann::json::parse(lines(read(path)).back())["agent"], "anna");
}

}  // namespace
}  // namespace centrala::journal
