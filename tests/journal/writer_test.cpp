// Disks that are full, slow, broken or partial.
#include "journal/writer.hpp"

#include <cerrno>
#include <deque>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "centrala/journal/journal.hpp"
#include "journal/random_events.hpp"
#include "journal/schema_check.hpp"
#include "journal/support.hpp"

namespace centrala::journal {
namespace {

using namespace test;

/// Takes as many bytes a write as it is told; then everything.
class FakeFile : public File {
public:
    std::int64_t write(std::string_view bytes) override {
        ++writes;
        std::int64_t verdict = full ? -ENOSPC : static_cast<std::int64_t>(bytes.size());
        if (!verdicts.empty()) {
            verdict = verdicts.front();
            verdicts.pop_front();
        }
        if (verdict <= 0) return verdict;
        const auto taken = std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(verdict));
        text.append(bytes.substr(0, taken));
        return static_cast<std::int64_t>(taken);
    }
    int cut_tail(std::uint64_t bytes) override {
        if (cut_result == 0) text.resize(text.size() - bytes);
        return cut_result;
    }
    int sync() override {
        ++syncs;
        return sync_result;
    }

    std::string text;
    std::deque<std::int64_t> verdicts;
    bool full = false;
    int writes = 0, cut_result = 0;
    std::atomic<int> syncs = 0, sync_result = 0;
};

class WriterTest : public testing::Test {
protected:
    WriterTest() { start(1024 * 1024); }
    void start(std::size_t backlog_max) {
        writer = std::make_unique<Writer>(
            Writer::Options{backlog_max, 0s, 1s, [this](std::string_view text) { alarms.emplace_back(text); }}, file, 1,
            now);
    }
    void line(std::string_view text = "x") {
        writer->line([&](std::string& out, std::uint64_t seq) {
            format(out, seq, now, "server.ready", {{"listen", text}});
        });
    }
    void commit() { writer->commit(now); }
    void pass(Duration time) { now += time; }
    /// The numbers in the file, after checking that every line is whole and valid.
    static std::vector<std::uint64_t> seqs(const std::string& text) {
        std::vector<std::uint64_t> seqs;
        EXPECT_TRUE(text.empty() || text.back() == '\n');
        for (const auto& line : lines(text)) {
            EXPECT_EQ(schema_errors(line), "");
            seqs.push_back(nlohmann::json::parse(line)["seq"]);
        }
        return seqs;
    }

    Timestamp now = kStart;
    std::shared_ptr<FakeFile> file = std::make_shared<FakeFile>();
    std::vector<std::string> alarms;
    std::unique_ptr<Writer> writer;
};

using Seqs = std::vector<std::uint64_t>;

TEST_F(WriterTest, WritesATurnAtOnceAndNothingForNothing) {
    for (int i = 0; i < 10; ++i) line();
    EXPECT_EQ(file->writes, 0);
    commit();
    commit();
    EXPECT_EQ(file->writes, 1);
    EXPECT_EQ(seqs(file->text), (Seqs{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
    EXPECT_EQ(writer->stats().lines, 10U);
    EXPECT_EQ(writer->stats().bytes, file->text.size());
}

TEST_F(WriterTest, CarriesAShortWriteOnWhereItStopped) {
    file->verdicts = {5, 1, 30};
    line();
    line();
    commit();
    EXPECT_EQ(seqs(file->text), (Seqs{1, 2}));
    EXPECT_TRUE(alarms.empty());
}

TEST_F(WriterTest, CompletesThePartialLineWhenTheDiskHasRoomAgain) {
    file->full = true;
    file->verdicts = {40};
    line();
    line();
    commit();
    EXPECT_EQ(file->text.size(), 40U);
    EXPECT_TRUE(writer->stats().failing);
    file->full = false;
    pass(1s);
    line();
    commit();
    EXPECT_EQ(seqs(file->text), (Seqs{1, 2, 3}));
    EXPECT_FALSE(writer->stats().failing);
    EXPECT_EQ(writer->stats().lost, 0U);
}

TEST_F(WriterTest, RaisesTheAlarmOnceAndOnceMoreWhenItIsOver) {
    file->full = true;
    for (int i = 0; i < 5; ++i) {
        line();
        commit();
        pass(1s);
    }
    ASSERT_EQ(alarms.size(), 1U);
    EXPECT_NE(alarms[0].find("No space left"), std::string::npos);
    file->full = false;
    commit();
    EXPECT_EQ(alarms.size(), 2U);
    EXPECT_EQ(seqs(file->text), (Seqs{1, 2, 3, 4, 5}));
}

TEST_F(WriterTest, TriesAgainOnlyEveryRetryInterval) {
    file->full = true;
    line();
    for (int i = 0; i < 1000; ++i) {
        commit();
        pass(1ms);
    }
    EXPECT_EQ(file->writes, 1);
    commit();
    EXPECT_EQ(file->writes, 2);
}

TEST_F(WriterTest, ExplainsTheGapWhenTheBacklogOverflowed) {
    start(300);
    file->full = true;
    line();
    commit();
    for (int i = 0; i < 9; ++i) line();
    const auto lost = writer->stats().lost;
    ASSERT_GT(lost, 0U);
    ASSERT_LT(lost, 10U);
    file->full = false;
    pass(1s);
    commit();
    line();
    commit();
    const auto written = lines(file->text);
    const auto explanation = nlohmann::json::parse(written[10 - lost]);
    EXPECT_EQ(explanation["type"], "log.lost");
    EXPECT_EQ(explanation["seq"], 11);
    EXPECT_EQ(explanation["first_seq"], 11 - lost);
    EXPECT_EQ(explanation["last_seq"], 10);
    EXPECT_EQ(explanation["count"], lost);
    EXPECT_EQ(seqs(file->text).back(), 12U);
}

TEST_F(WriterTest, HoldsNoMoreThanTheBacklogWhateverComes) {
    start(10'000);
    file->full = true;
    line();
    commit();
    for (int i = 0; i < 100'000; ++i) line();
    EXPECT_LT(writer->stats().lines, 200U);
    EXPECT_EQ(writer->stats().lines + writer->stats().lost, 100'001U);
    EXPECT_EQ(writer->stats().next_seq, 100'002U);
}

TEST_F(WriterTest, SyncsOnFlushAndReportsThatItFailed) {
    line();
    EXPECT_TRUE(writer->flush());
    EXPECT_EQ(file->syncs, 1);
    file->sync_result = -EIO;
    EXPECT_FALSE(writer->flush());
    EXPECT_EQ(alarms.size(), 1U);
}

TEST_F(WriterTest, FlushTriesEvenWithinTheRetryInterval) {
    file->full = true;
    line();
    commit();
    EXPECT_FALSE(writer->flush());
    file->full = false;
    EXPECT_TRUE(writer->flush());
    EXPECT_EQ(seqs(file->text), (Seqs{1}));
}

TEST_F(WriterTest, TakesTheBacklogAlongToTheNextFileFromTheStartOfItsLine) {
    file->full = true;
    file->verdicts = {130};
    line();
    line();
    line();
    commit();
    const auto next = std::make_shared<FakeFile>();
    writer->replace(next, now);
    EXPECT_EQ(seqs(file->text), (Seqs{1}));
    EXPECT_EQ(seqs(next->text), (Seqs{2, 3}));
    EXPECT_FALSE(writer->stats().failing);
}

TEST_F(WriterTest, MovesOnWithoutABacklogQuietly) {
    line();
    commit();
    const auto next = std::make_shared<FakeFile>();
    writer->replace(next, now);
    line();
    commit();
    EXPECT_EQ(seqs(file->text), (Seqs{1}));
    EXPECT_EQ(seqs(next->text), (Seqs{2}));
    EXPECT_TRUE(alarms.empty());
}

TEST_F(WriterTest, SyncsFromItsOwnThread) {
    writer = std::make_unique<Writer>(Writer::Options{1024, 1ms, 1s, {}}, file, 1, now);
    line();
    commit();
    // The thread's time is real; this waits for it, not for a length of time.
    while (file->syncs == 0) std::this_thread::yield();
    EXPECT_EQ(seqs(file->text), (Seqs{1}));
}

/// Whatever the disk does: in the end the file has every seq once and in order, or a log.lost that names it.
TEST_F(WriterTest, FileIsAlwaysAPrefixOfTheStream) {
    EXPECT_TRUE(rc::check([this](std::uint64_t seed) {
        Dice dice(seed);
        file = std::make_shared<FakeFile>();
        start(dice.coin() ? 1 << 20 : dice.below(2000));
        std::string before;
        for (auto turn = dice.below(60); turn > 0; --turn) {
            for (auto n = dice.below(8); n > 0; --n) line(std::string(dice.below(100), 'x'));
            file->full = dice.below(3) == 0;
            for (auto n = dice.below(3); n > 0; --n)
                file->verdicts.push_back(static_cast<std::int64_t>(dice.below(200)) - 20);
            pass(std::chrono::milliseconds(dice.below(1500)));
            commit();
            RC_ASSERT(file->text.starts_with(before));
            before = file->text;
        }
        file->full = false;
        file->verdicts.clear();
        pass(1s);
        line();
        commit();
        pass(1s);
        commit();
        std::uint64_t expected = 1;
        for (const auto& text : lines(file->text)) {
            const auto record = nlohmann::json::parse(text);
            if (record["type"] == "log.lost") {
                RC_ASSERT(record["first_seq"] == expected);
                expected = record["last_seq"].get<std::uint64_t>() + 1;
                RC_ASSERT(record["count"].get<std::uint64_t>() == expected - record["first_seq"].get<std::uint64_t>());
            }
            RC_ASSERT(record["seq"] == expected++);
        }
        RC_ASSERT(expected == writer->stats().next_seq);
        RC_ASSERT(file->text.back() == '\n');
    }));
}

}  // namespace
}  // namespace centrala::journal
