// centrala why over the files of a log that was rotated.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "centrala/journal/journal.hpp"
#include "journal/support.hpp"

namespace centrala::app {
namespace {

using namespace journal::test;
using routing::EntryPointId;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A server's routing and log, with two agents.
struct WhyCommand : testing::Test {
    Directory directory;
    std::string yaml = directory.file("centrala.yaml"), path = directory.file("events.ndjson");
    std::unique_ptr<routing::Core> core;
    std::unique_ptr<journal::Journal> log;
    Timestamp now = kStart;
    std::string out, err;

    void SetUp() override {
        write(yaml,
              "sip: {listen: [{udp: \"127.0.0.1:0\"}]}\n"
              "trunks: {here: {sources: [127.0.0.0/8]}}\n"
              "queues: {orders: {wrap_up: 0s}}\n"
              "entry_points: {main: {numbers: [100], queue: orders}}\n"
              "agents:\n"
              "  ann: {password: a-good-one}\n"
              "  ben: {password: another-one}\n"
              "log: {events: \"" +
                  path + "\"}\n");
        const auto config = load_or_complain(yaml);
        ASSERT_TRUE(config);
        core = std::make_unique<routing::Core>(config->plan);
        auto opened = journal::Journal::open({path, 1 << 20, 0s, 1s, {}}, *core, now);
        ASSERT_TRUE(opened) << opened.error().message;
        log = std::move(opened).value();
        for (const AgentId agent : {AgentId{0}, AgentId{1}}) {
            feed(routing::input::DeviceChanges{agent, routing::Device::registered});
            feed(routing::input::AgentLogsIn{agent});
        }
    }
    void feed(const routing::Input& input) {
        now += 1s;
        for (const auto& event : core->step(input, now).events) log->append(event);
        log->commit(now);
    }
    void call() {
        routing::input::ContactArrives arrives;
        arrives.entry_point = EntryPointId{0};
        feed(arrives);
    }
    std::string rotate_and_pack(const std::string& suffix) {
        const std::string packed = path + suffix + ".gz";
        pack(packed, {read(path)});
        std::filesystem::remove(path);
        EXPECT_TRUE(log->reopen(core->state(), now));
        return packed;
    }
    /// What was told to standard output as JSON, to standard error as text.
    int why(const std::string& about, const std::vector<std::string>& logs = {}) {
        CommandLine line;
        line.config = yaml;
        line.about = about;
        line.logs = logs;
        line.json = true;
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const int code = app::why(line);
        out = testing::internal::GetCapturedStdout();
        err = testing::internal::GetCapturedStderr();
        return code;
    }
    /// To whom the call was offered, in order of the answer.
    [[nodiscard]] std::vector<std::string> offered() const {
        std::vector<std::string> agents;
        for (const auto& decision : nlohmann::json::parse(out)) agents.push_back(decision.value("agent", "nobody"));
        return agents;
    }
    /// c1 is offered to ann, declined, waits over a rotation, is offered to ben and answered, and ends after another.
    std::vector<std::string> a_call_over_three_files() {
        feed(routing::input::AgentGoesReady{AgentId{0}});
        call();
        feed(routing::input::OfferFailed{OfferId{1}, routing::Outcome::rejected, 603});
        const auto oldest = rotate_and_pack(".2");
        feed(routing::input::AgentGoesReady{AgentId{1}});
        feed(routing::input::OfferAccepted{OfferId{2}});
        const auto old = rotate_and_pack(".1");
        feed(routing::input::ConversationEnds{ContactId{1}, routing::EndCause::caller_hangup});
        return {oldest, old, path};
    }
};

TEST_F(WhyCommand, TellsOfACallFromTheFileInWhichItArrivedOn) {
    a_call_over_three_files();
    EXPECT_EQ(why("c1"), kOk);
    EXPECT_THAT(offered(), ElementsAre("ann", "ben"));
    EXPECT_THAT(err, IsEmpty());
}

TEST_F(WhyCommand, ReadsNoFurtherThanACallsEnd) {
    a_call_over_three_files();
    rotate_and_pack(".0");
    call();
    const std::string later = rotate_and_pack("-later");
    write(later, read(later).substr(0, 1000));
    EXPECT_EQ(why("c1"), kOk);
    EXPECT_THAT(offered(), ElementsAre("ann", "ben"));
    EXPECT_EQ(why("c2"), kNoInput);
    EXPECT_THAT(err, HasSubstr(later + ": unexpected end of file"));
}

TEST_F(WhyCommand, TellsWhatItCanOfACallWhoseFirstFilesAreGone) {
    const auto files = a_call_over_three_files();
    std::filesystem::remove(files[0]);
    EXPECT_EQ(why("c1"), kOk);
    EXPECT_THAT(offered(), ElementsAre("ben"));
    EXPECT_THAT(err, HasSubstr("c1 arrived before " + files[1] + " begins"));
    write(files[0], "damaged");
    EXPECT_EQ(why("c1"), kOk);
    EXPECT_THAT(err, HasSubstr("1 file of the log can't be read: " + files[0]));
}

TEST_F(WhyCommand, SaysThatAFileInBetweenIsMissing) {
    const auto files = a_call_over_three_files();
    write(files[1], "damaged");
    EXPECT_EQ(why("c1"), kOk);
    EXPECT_THAT(offered(), ElementsAre("ann"));
    EXPECT_THAT(err, HasSubstr("the log lacks lines before " + path));
    EXPECT_THAT(err, HasSubstr("1 file of the log can't be read: " + files[1]));
}

TEST_F(WhyCommand, DoesNotKnowACallThatNoFileTellsOf) {
    a_call_over_three_files();
    EXPECT_EQ(why("c2"), kNoInput);
    EXPECT_THAT(err, HasSubstr(path + " doesn't know c2"));
    const auto old = rotate_and_pack(".0");
    std::filesystem::remove(path + ".1.gz");
    std::filesystem::remove(path + ".2.gz");
    std::filesystem::remove(old);
    EXPECT_EQ(why("c1"), kNoInput);
    EXPECT_THAT(err, HasSubstr(path + " doesn't know c1"));
}

TEST_F(WhyCommand, ReadsTheLogsThatItIsGiven) {
    const auto files = a_call_over_three_files();
    EXPECT_EQ(why("c1", {files[1], files[0]}), kOk);
    EXPECT_THAT(offered(), ElementsAre("ann", "ben"));
    EXPECT_EQ(why("c1", {files[0]}), kOk);
    EXPECT_THAT(offered(), ElementsAre("ann", "nobody")) << "waits as that file ends";
    EXPECT_EQ(why("c1", {files[0], files[0]}), kNoInput);
    EXPECT_THAT(err, HasSubstr("not one log"));
    EXPECT_EQ(why("ann", files), kOk);
    EXPECT_EQ(nlohmann::json::parse(out)["state"], "ready");
}

}  // namespace
}  // namespace centrala::app
