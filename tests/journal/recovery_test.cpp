// Folding the journal gives the state that wrote it, field by field: of one long file, and of each file after a
// rotation.
#include <map>

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
using routing::Core;

/// Without the index: its groups are numbered in the order in which they came to be. What it says is compared below.
void expect_same(const Core& a, const Core& b) {
    auto left = a.state();
    auto right = b.state();
    RC_ASSERT(routing::digest(left) == routing::digest(right));
    for (std::uint32_t i = 0; i < left.agents.size(); ++i) {
        for (const routing::Channel channel : routing::kEveryChannel)
            RC_ASSERT(left.index.listed(AgentId{i}, channel) == right.index.listed(AgentId{i}, channel));
        RC_ASSERT(left.index.group_of(AgentId{i}).serves == right.index.group_of(AgentId{i}).serves);
    }
    for (std::uint32_t i = 0; i < left.queues.size(); ++i) {
        const auto& l = left.index.bench(QueueId{i});
        const auto& r = right.index.bench(QueueId{i});
        RC_ASSERT(l.available == r.available);
        RC_ASSERT(l.logged_in == r.logged_in);
        RC_ASSERT(l.at_work == r.at_work);
        const auto& l_lists = left.index.lists(QueueId{i}, 0);
        const auto& r_lists = right.index.lists(QueueId{i}, 0);
        RC_ASSERT(l_lists.in_turn == r_lists.in_turn);
        RC_ASSERT(l_lists.by_idle == r_lists.by_idle);
        RC_ASSERT(l_lists.by_share == r_lists.by_share);
    }
    left.index = {};
    right.index = {};
    RC_ASSERT(left == right);
}

routing::Input random_input(Dice& d, const routing::State& s) {
    namespace input = routing::input;
    using namespace routing;
    const auto agent = AgentId{static_cast<std::uint32_t>(d.below(4))};
    const auto contact =
        s.contacts.empty() ? ContactId{1} : std::next(s.contacts.begin(), d.below(s.contacts.size()))->id;
    const ContactRecord* about = s.find(contact);
    const auto offer = about && !about->offers.empty() ? about->offers[d.below(about->offers.size())]
                                                       : OfferId{d.below(s.next_offer + 1)};
    switch (d.below(18)) {
        case 0:
        case 1:
        case 2:
            return input::ContactArrives{
                d.below(10) ? std::optional(EntryPointId{static_cast<std::uint32_t>(d.below(5))}) : std::nullopt,
                d.text(),
                d.coin() ? d.text() : std::string("+49") + std::to_string(d.below(8)),
                d.text(),
                d.text(),
                d.text(),
                d.below(20) == 0 ? std::optional(routing::Refusal::draining) : std::nullopt,
                false,
                "",
                "",
                d.below(4) == 0 ? std::optional(CallerListId{0}) : std::nullopt,
                d.below(10) == 0,
                {d.below(4) == 0 ? 5 : 0,
                 d.below(8) == 0 ? std::optional(QueueId{static_cast<std::uint32_t>(d.below(5))}) : std::nullopt,
                 d.below(8) == 0 ? std::optional(Wanted{agent, 20s}) : std::nullopt}};
        case 3: return input::CallerLeaves{contact, EndCause::caller_hangup};
        case 4:
        case 5: return input::ConversationEnds{contact, EndCause::agent_hangup};
        case 6: return input::AgentLegLost{contact};
        case 7: return input::OfferRings{offer};
        case 8:
        case 9: return input::OfferAccepted{offer};
        case 10:
            return input::OfferFailed{offer,
                                      d.coin()   ? Outcome::rejected
                                      : d.coin() ? Outcome::busy
                                                 : Outcome::unreachable,
                                      486};
        case 11: return input::AgentLogsIn{agent};
        case 12: return d.below(4) ? Input(input::AgentGoesReady{agent}) : Input(input::AgentLogsOut{agent});
        case 13:
            return d.coin() ? Input(input::AgentGoesReady{agent})
                            : Input(input::AgentGoesNotReady{agent, d.below(3) ? "lunch" : "",
                                                             d.below(4) ? Actor::agent : Actor::supervisor});
        case 14: return input::AgentEndsWrapUp{agent};
        case 15:
            return d.coin() ? Input(input::AgentDisposes{agent, d.text()})
                            : Input(input::AgentSkillSet{agent, SkillId{static_cast<std::uint16_t>(d.below(3))},
                                                         static_cast<std::uint8_t>(d.below(11))});
        case 16: return input::DeviceChanges{agent, d.below(3) ? Device::registered : d.word(Device::unreachable)};
        default:
            return d.coin() ? Input(input::OtherUseChanges{agent, d.word(OtherUse::non_acd_call)})
                            : Input(input::TimePasses{});
    }
}

class Centre {
public:
    explicit Centre(std::uint64_t seed) : dice_(seed), core_(plan()) {
        auto opened = Journal::open({path, 1 << 24, 0s, 1s, {}}, core_, now_);
        RC_ASSERT(opened.ok());
        journal_ = std::move(opened).value();
        for (std::uint32_t i = 0; i < 4; ++i) {
            feed(routing::input::DeviceChanges{AgentId{i}, routing::Device::registered});
            feed(routing::input::AgentLogsIn{AgentId{i}});
            feed(routing::input::AgentGoesReady{AgentId{i}});
        }
    }
    void feed(const routing::Input& input) {
        const auto step = core_.step(input, now_);
        for (const auto& event : step.events) journal_->append(event);
        journal_->commit(now_);
    }
    void steps(std::uint64_t n) {
        for (; n > 0; --n) {
            now_ += Duration{static_cast<std::int64_t>(dice_.below(dice_.coin() ? 1000 : 5'000'000))};
            feed(random_input(dice_, core_.state()));
        }
    }
    void rotate() {
        std::filesystem::rename(path, path + "." + std::to_string(++files_));
        RC_ASSERT(journal_->reopen(core_.state(), now_).ok());
    }
    /// What a restart would find, at the same moment.
    [[nodiscard]] Core folded() const {
        Core core(plan());
        const auto result = fold(path, core);
        RC_ASSERT(result.ok());
        RC_ASSERT(result->skipped == 0U);
        return core;
    }

    Directory directory;
    std::string path = directory.file("log");
    Dice dice_;
    Timestamp now_ = kStart;
    Core core_;
    std::unique_ptr<Journal> journal_;
    int files_ = 0;
};

/// Time alone changes a state, too (refusals lapse): bring both to the same moment.
void at_rest(Core& core, Timestamp now) {
    core.step(routing::input::TimePasses{}, now);
}

TEST(Recovery, FoldingOneLogGivesTheStateThatWroteIt) {
    EXPECT_TRUE(rc::check([](std::uint64_t seed) {
        Centre run(seed);
        run.steps(200);
        Core again = run.folded();
        at_rest(again, run.now_);
        at_rest(run.core_, run.now_);
        expect_same(run.core_, again);
    }));
}

TEST(Recovery, TheFileAfterARotationStandsAlone) {
    EXPECT_TRUE(rc::check([](std::uint64_t seed) {
        Centre run(seed);
        run.steps(run.dice_.below(150));
        run.rotate();
        expect_same(run.core_, run.folded());
        run.steps(run.dice_.below(100));
        Core again = run.folded();
        at_rest(again, run.now_);
        at_rest(run.core_, run.now_);
        expect_same(run.core_, again);
    }));
}

/// The derived parts are right if nobody can tell the two apart by what they do next.
TEST(Recovery, BothDecideTheSameAfterwards) {
    EXPECT_TRUE(rc::check([](std::uint64_t seed) {
        Centre run(seed);
        run.steps(100);
        run.rotate();
        Core again = run.folded();
        for (int i = 0; i < 100; ++i) {
            run.now_ += 700ms;
            const auto input = random_input(run.dice_, run.core_.state());
            const auto left = run.core_.step(input, run.now_).events;
            const auto right = again.step(input, run.now_).events;
            RC_ASSERT(left.size() == right.size());
            for (std::size_t e = 0; e < left.size(); ++e) RC_ASSERT(equal(left[e], right[e]));
        }
    }));
}

TEST(Recovery, EveryLineOfARunObeysTheSchema) {
    Centre run(42);
    run.steps(300);
    while (run.core_.state().contacts.empty()) run.steps(1);
    run.rotate();
    std::map<std::string, int> types;
    for (const auto& file : {run.path + ".1", run.path}) {
        for (const auto& line : lines(read(file))) {
            ASSERT_EQ(schema_errors(line), "");
            ++types[nlohmann::json::parse(line)["type"]];
        }
    }
    for (const char* type :
         {"contact.arrived", "contact.connected", "offer.ended", "contact.snapshot", "queue.snapshot"})
        EXPECT_GT(types[type], 0) << type;
}

TEST(Recovery, EndsLiveCallsWithCauseRestart) {
    EXPECT_TRUE(rc::check([](std::uint64_t seed) {
        Centre run(seed);
        run.steps(run.dice_.below(150));
        run.rotate();
        Core again = run.folded();
        std::size_t live = again.state().contacts.size();
        for (const auto& event : again.recovered(run.now_ + 1s).events) {
            const auto* ended = std::get_if<routing::event::ContactEnded>(&event.body);
            if (ended && ended->cause == routing::EndCause::restart) --live;
        }
        RC_ASSERT(live == 0U);
        RC_ASSERT(again.state().contacts.empty());
        RC_ASSERT(again.state().offers.empty());
        at_rest(again, run.now_ + 2s);
    }));
}

/// Lines may be missing, doubled or flipped: lost on a full disk, damaged, about names no longer in the plan.
TEST(Recovery, SurvivesADamagedLogAndGoesOn) {
    EXPECT_TRUE(rc::check([](std::uint64_t seed) {
        Centre run(seed);
        run.steps(100);
        if (run.dice_.coin()) run.rotate();
        run.steps(50);
        std::string damaged = "{\"seq\":1,\"ts\":\"2023-11-14T22:13:20.123456Z\",\"type\":\"server.ready\",\"v\":1}\n";
        for (auto line : lines(read(run.path))) {
            const auto luck = run.dice_.below(40);
            if (luck == 0) continue;
            if (luck == 1) damaged += line + "\n";
            if (luck == 2) line[run.dice_.below(line.size())] = '0';
            damaged += line + "\n";
        }
        const std::string path = run.directory.file("damaged");
        write(path, damaged);
        auto other = plan();
        if (run.dice_.coin()) other->queues.pop_back(), other->entry_points.pop_back();
        if (run.dice_.coin()) other->agents.erase(other->agents.begin());
        Core core(other);
        RC_ASSERT(fold(path, core).ok());
        core.recovered(run.now_ + 1s);
        for (int i = 0; i < 20; ++i) at_rest(core, run.now_ + 10s * i);
    }));
}

TEST(Recovery, AWishForABreakStandsInLinesAndSnapshots) {
    const Directory directory;
    const std::string path = directory.file("log");
    Core core(plan());
    auto journal = Journal::open({path, 1 << 20, 0s, 1s, {}}, core, kStart);
    ASSERT_TRUE(journal.ok());
    const auto feed = [&](const routing::Input& input) {
        for (const auto& event : core.step(input, kStart).events) (*journal)->append(event);
        (*journal)->commit(kStart);
    };
    for (std::uint32_t i = 0; i < 3; ++i) feed(routing::input::AgentLogsIn{AgentId{i}});
    feed(routing::input::DeviceChanges{AgentId{0}, routing::Device::registered});
    feed(routing::input::AgentGoesReady{AgentId{0}});
    feed(routing::input::AgentGoesNotReady{AgentId{0}, "lunch"});
    for (const bool rotated : {false, true}) {
        if (rotated) {
            std::filesystem::rename(path, path + ".1");
            ASSERT_TRUE((*journal)->reopen(core.state(), kStart).ok());
        }
        Core again(plan());
        ASSERT_TRUE(fold(path, again).ok());
        EXPECT_EQ(again.state().agents[0].facts.asks, (routing::BreakWish{"lunch", kStart}));
        EXPECT_EQ(again.state().asking.size(), 1U);
        EXPECT_EQ(again.deadline(), kStart + 20s);
    }
}

TEST(Recovery, TheConfigurationsNewSkillsHoldUnlessASupervisorChangedThem) {
    const Directory directory;
    const std::string path = directory.file("log");
    Core core(plan());
    {
        auto journal = Journal::open({path, 1 << 20, 0s, 1s, {}}, core, kStart);
        ASSERT_TRUE(journal.ok());
        core.step(routing::input::AgentSkillSet{AgentId{0}, routing::SkillId{0}, 9}, kStart);
        core.step(routing::input::AgentSkillSet{AgentId{1}, routing::SkillId{0}, 0}, kStart);
        ASSERT_TRUE((*journal)->reopen(core.state(), kStart).ok());
    }
    auto changed = plan();
    for (auto& agent : changed->agents) agent.skills = {{routing::SkillId{0}, 7}, {routing::SkillId{2}, 4}};
    Core again(changed);
    ASSERT_TRUE(fold(path, again).ok());
    using Skills = std::vector<routing::SkillLevel>;
    EXPECT_EQ(again.state().agents[0].skills, (Skills{{routing::SkillId{0}, 9}, {routing::SkillId{2}, 4}}));
    EXPECT_EQ(again.state().agents[1].skills, (Skills{{routing::SkillId{2}, 4}}));
    EXPECT_EQ(again.state().agents[2].skills, (Skills{{routing::SkillId{0}, 7}, {routing::SkillId{2}, 4}}));
}

}  // namespace
}  // namespace centrala::journal
