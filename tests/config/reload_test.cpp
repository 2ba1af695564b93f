// A configuration that is read while a server runs: what keeps its id, what is retired, what waits for the next start.
#include "centrala/config/reload.hpp"

#include "support.hpp"

namespace centrala::config {
namespace {

using routing::AgentId;
using routing::QueueId;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kShop = R"(skills: [selling, fixing]
queues:
  sales: {requires: {selling: 2}, max_wait: 60s, overflow: support}
  support: {requires: [fixing]}
schedules: {day: {time_zone: UTC, hours: {mon: "09:00-17:00"}}}
callers: {gold: {numbers: ["4470*"], priority: 5}}
entry_points:
  sales: {numbers: ["100"], queue: sales, hours: day, callers: [gold]}
  support: {numbers: ["200"], queue: support}
agents:
  ann: {password: a1b2c3d4, skills: {selling: 5}, extension: "11"}
  bob: {password: a1b2c3d4, skills: {fixing: 4}, extension: "12", shift: day}
)";

/// The shop with some text replaced.
std::string with(std::string from, const std::string& to, std::string shop = kShop) {
    const auto at = shop.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return shop.replace(at, from.size(), to);
}

/// What the server runs on, and what it makes of a file.
struct Running {
    explicit Running(const std::string& yaml = kShop) : config(loaded(kListen + yaml)) {}
    Reload reads(const std::string& yaml) {
        auto done = reload(config, loaded(kListen + yaml));
        EXPECT_TRUE(done);
        return done ? *done : Reload{};
    }
    [[nodiscard]] const routing::Plan& plan() const { return *config.plan; }
    Config config;
};

TEST(Reload, OfTheSameFileChangesNothing) {
    Running r;
    const routing::Plan before = r.plan();
    const Agent* const agents = r.config.agents.data();
    const Reload done = r.reads("# a comment moves every line\n" + kShop);
    EXPECT_THAT(done.changes, IsEmpty());
    EXPECT_THAT(done.waiting, IsEmpty());
    EXPECT_THAT(done.added, IsEmpty());
    EXPECT_EQ(r.config.agents.data(), agents) << "the server refers to them";
    EXPECT_EQ(r.plan().agents, before.agents);
    EXPECT_EQ(r.plan().queues, before.queues);
    EXPECT_EQ(r.plan().entry_points, before.entry_points);
}

TEST(Reload, KeepsIdsWhateverComesBeforeThemInTheFile) {
    Running r;
    std::string yaml = with("skills: [selling, fixing]", "skills: [french, fixing, selling]");
    yaml = with("queues:\n", "queues:\n  first: {requires: {french: 1}}\n", yaml);
    yaml = with("agents:\n", "agents:\n  zoe: {password: a1b2c3d4, skills: {french: 1, selling: 3}, extension: '10'}\n",
                yaml);
    const Reload done = r.reads(yaml);
    EXPECT_THAT(done.changes, ElementsAre("skill french is added", "queue first is added", "agent zoe is added"));
    EXPECT_THAT(done.added, ElementsAre(AgentId{2}));
    EXPECT_EQ(r.plan().find_agent("ann"), AgentId{0});
    EXPECT_EQ(r.plan().find_agent("zoe"), AgentId{2});
    EXPECT_EQ(r.plan().find_queue("first"), QueueId{2});
    EXPECT_EQ(r.config.agents[2].id, AgentId{2});
    EXPECT_EQ(r.config.agents[2].extension, "10");
    EXPECT_EQ(r.config.queues[2].id, QueueId{2});
    const routing::SkillId selling{0}, french{2};
    EXPECT_EQ(r.plan().agents[2].skills, (std::vector<routing::SkillLevel>{{selling, 3}, {french, 1}}));
    EXPECT_EQ(r.plan().queues[2].required.skills, (std::vector<routing::SkillLevel>{{french, 1}}));
    EXPECT_EQ(r.plan().queues[0].overflow, QueueId{1});
    EXPECT_LT(r.plan().agents[2].place, r.plan().agents[0].place) << "the order of the file";
}

TEST(Reload, TakesOverTheOrderOfAgents) {
    const std::string ann = "  ann: {password: a1b2c3d4, skills: {selling: 5}, extension: \"11\"}\n";
    Running r;
    EXPECT_THAT(r.reads(with(ann, "") + ann).changes, ElementsAre("the order of agents is changed"));
    EXPECT_LT(r.plan().agents[1].place, r.plan().agents[0].place);
}

TEST(Reload, RetiresWhatIsGoneAndTakesItBack) {
    Running r;
    const std::string ann = "  ann: {password: a1b2c3d4, skills: {selling: 5}, extension: \"11\"}\n";
    EXPECT_THAT(r.reads(with(ann, "")).changes, ElementsAre("agent ann is removed"));
    ASSERT_EQ(r.plan().agents.size(), 2u);
    EXPECT_TRUE(r.plan().agents[0].retired);
    EXPECT_EQ(r.plan().agents[0].name, "ann");
    EXPECT_FALSE(r.plan().find_agent("ann"));
    EXPECT_EQ(r.config.agents[0].extension, "");
    EXPECT_EQ(r.config.agents[0].secret, sip::DigestSecret{});
    EXPECT_EQ(r.plan().find_agent("bob"), AgentId{1});
    EXPECT_THAT(r.reads(with(ann, "")).changes, IsEmpty()) << "told once";
    const Reload back = r.reads(kShop);
    EXPECT_THAT(back.changes, ElementsAre("agent ann is added"));
    EXPECT_THAT(back.added, ElementsAre(AgentId{0}));
    EXPECT_EQ(r.plan().find_agent("ann"), AgentId{0});
    EXPECT_EQ(r.config.agents[0].extension, "11");
}

TEST(Reload, LeavesARetiredQueueWhatItIsServedBy) {
    Running r;
    std::string yaml = with("  sales: {requires: {selling: 2}, max_wait: 60s, overflow: support}\n", "");
    yaml = with("  sales: {numbers: [\"100\"], queue: sales, hours: day, callers: [gold]}\n", "", yaml);
    yaml = with("callers: {gold: {numbers: [\"4470*\"], priority: 5}}\n", "", yaml);
    EXPECT_THAT(r.reads(yaml).changes, ElementsAre("queue sales is removed", "entry point sales is removed",
                                                   "list of callers gold is removed"));
    EXPECT_TRUE(r.plan().queues[0].retired && r.plan().queues[0].closed);
    EXPECT_EQ(r.plan().queues[0].required.skills.size(), 1u);
    EXPECT_EQ(r.plan().queues[0].overflow, QueueId{1});
    EXPECT_THAT(r.config.entry_points[0].numbers, IsEmpty());
    EXPECT_EQ(r.plan().caller_lists[0].priority, 5) << "who waits has come by it";
    EXPECT_THAT(r.config.caller_lists[0].numbers, IsEmpty());
}

TEST(Reload, TellsWhatChanges) {
    Running r;
    std::string yaml = with("max_wait: 60s", "max_wait: 90s");
    yaml = with("selling: 5", "selling: 6", yaml);
    yaml = with("\"09:00-17:00\"", "\"08:00-17:00\"", yaml);
    yaml = with("\"4470*\"", "\"4471*\"", yaml);
    yaml += "drain_limit: 5s\ndispositions: [sold]\n";
    EXPECT_THAT(r.reads(yaml).changes,
                ElementsAre("queue sales is changed", "agent ann is changed", "agent bob is changed",
                            "entry point sales is changed", "list of callers gold is changed",
                            "dispositions is changed", "drain_limit is changed"));
    EXPECT_EQ(r.plan().queues[0].max_wait, 90s);
    EXPECT_EQ(r.config.drain_limit, 5s);
}

TEST(Reload, LeavesSectionsThatAStartIsNeededForAsTheyWere) {
    Running r("media: {ports: 30000-30999}\ntrunks: {carrier: {sources: [192.0.2.0/24]}}\n" + kShop);
    const Trunk* const trunk = r.config.trunks.data();
    const Reload done = r.reads(
        "media: {ports: 31000-31999}\ntrunks: {carrier: {sources: [192.0.2.0/25]}}\n"
        "security: {ban_after: 3}\n" +
        with("max_wait: 60s", "max_wait: 90s"));
    EXPECT_THAT(done.waiting, ElementsAre("media", "trunks", "security"));
    EXPECT_EQ(r.config.media.port_min, 30'000);
    EXPECT_EQ(r.config.trunks.data(), trunk) << "the server refers to it";
    EXPECT_EQ(r.config.trunks[0].sources[0].prefix, 24);
    EXPECT_EQ(r.plan().queues[0].max_wait, 90s) << "the rest counts";
}

TEST(Reload, TakesOverWhomToAskAboutCallers) {
    Running r;
    const std::string lookup = "caller_lookup: {url: \"http://crm.example/{caller}\", timeout: 1s}\n";
    const Reload on = r.reads(lookup + kShop);
    EXPECT_THAT(on.changes, ElementsAre("caller_lookup is changed"));
    EXPECT_TRUE(on.caller_lookup);
    EXPECT_FALSE(r.reads(lookup + with("max_wait: 60s", "max_wait: 90s")).caller_lookup);
    const CallerLookup* const options = &*r.config.caller_lookup;
    EXPECT_TRUE(r.reads(with("timeout: 1s", "timeout: 2s", lookup) + kShop).caller_lookup);
    EXPECT_EQ(&*r.config.caller_lookup, options) << "the server refers to it";
    EXPECT_EQ(options->timeout, 2s);
    r.reads(kShop);
    EXPECT_FALSE(r.config.caller_lookup);
}

TEST(Reload, KnowsAPortThatTheSystemChoseAsTheSame) {
    const std::string any = "sip: {listen: [{udp: 127.0.0.1:0}]}\n";
    Config running = loaded(any + kShop);
    running.sip.listeners[0].address.port = 40'000;
    const auto done = reload(running, loaded(any + kShop));
    ASSERT_TRUE(done);
    EXPECT_THAT(done->waiting, IsEmpty());
    EXPECT_EQ(running.sip.listeners[0].address.port, 40'000);
}

}  // namespace
}  // namespace centrala::config
