// What could never be answered is a mistake, what is only odd is a warning, and what makes sense is neither.
#include "support.hpp"

namespace centrala::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Lines 2 to 4: two skills, an entry point for q, and ann, who sells at level 5. `queues` begins on line 5.
std::string centre(const std::string& queues) {
    return kListen +
           "skills: [selling, fixing]\nentry_points: {e: {numbers: [1], queue: q}}\n"
           "agents: {ann: {password: x, skills: {selling: 5}}}\n" +
           queues;
}
std::string queue(const std::string& keys) {
    return centre("queues:\n  q:\n" + keys);
}
/// The same, and ann's second skill used elsewhere, so that nothing but the queue is odd.
std::string fixing(const std::string& keys) {
    return queue("    requires: {fixing: 3}\n" + keys);
}

TEST(UnservedQueues, AreAMistakeWhereNoSkillCouldHelp) {
    EXPECT_THAT(problems(kListen + "queues: {r: {}, p: {}, q: {}}\nentry_points:\n  e: {numbers: [1], queue: p}\n  f: "
                                   "{numbers: [2], queue: q}\n"),
                ElementsAre("2: queues.p: there are no agents: its calls would wait for ever"))
        << "once is enough";
    const std::string group = "agent_groups: {night: {}}\n";
    EXPECT_THAT(problems(queue("    groups: [night]\n") + group),
                ElementsAre("7: queues.q.groups: no agent is in its groups: its calls would wait for ever"));
    const std::string others =
        kListen + "entry_points: {e: {numbers: [1], queue: q}}\nagents: {ann: {password: x, queues: [r]}}\n";
    EXPECT_THAT(problems(others + "queues: {q: {}, r: {}}\n"),
                ElementsAre("4: queues.q: all agents are for other queues: its calls would wait for ever"));
    EXPECT_THAT(problems(others + "queues: {q: {groups: [default]}, r: {}}\n"),
                ElementsAre("4: queues.q.groups: the agents of its groups are for other queues: its calls would wait "
                            "for ever"));
    EXPECT_THAT(problems(others + "queues: {q: {also: [r]}, r: {}}\n"), IsEmpty());
}

TEST(UnservedQueues, AreAMistakeWhereverCallsComeIn) {
    const std::string lonely = "  r:\n    groups: [night]\nagent_groups: {night: {}}\n";
    const std::string mistake = "r.groups: no agent is in its groups: its calls would wait for ever";
    EXPECT_THAT(problems(queue("    max_wait: 1m\n    overflow: r\n") + lonely), ElementsAre("10: queues." + mistake));
    EXPECT_THAT(problems(kListen +
                         "entry_points: {e: {numbers: [1], queue: q, closed_queue: r}}\nagents: {ann: {password: "
                         "x}}\nqueues:\n  q: {}\n" +
                         lonely),
                ElementsAre("7: queues." + mistake));
    EXPECT_THAT(warnings(kListen + "agents: {ann: {password: x}}\nqueues:\n  p: {}\n" + lonely),
                ElementsAre("6: queues." + mistake))
        << "agents may transfer calls to it";
}

TEST(UnservedQueues, AreOnlyOddWhereASkillIsMissingForItMayBeGivenAtAnyTime) {
    const std::string given = ": its calls wait until somebody is given it by 'centrala skill'";
    EXPECT_THAT(warnings(fixing("")), ElementsAre("4: agents.ann: serves no queue: every queue asks for something else",
                                                  "7: queues.q.requires: no agent has skill fixing" + given));
    EXPECT_THAT(warnings(queue("    requires: {selling: 6}\n")),
                ElementsAre("2: skills[2]: fixing is a skill that no agent has and no queue asks for",
                            "4: agents.ann: serves no queue: every queue asks for something else",
                            "7: queues.q.requires: no agent has selling 6, the highest is 5" + given));
    const std::string two = "  r: {requires: {fixing: 1}}\n  s: {requires: {selling: 5}}\n";
    EXPECT_THAT(warnings(kListen +
                         "skills: [selling, fixing]\nagents:\n  ann: {password: x, skills: {selling: 5}}\n  bob: "
                         "{password: x, skills: {fixing: 5}}\nqueues:\n  q: {requires: {selling: 2, fixing: 1}}\n" +
                         two),
                ElementsAre("7: queues.q.requires: no agent has selling 2 and fixing 1" + given));
}

TEST(UnservedQueues, SayWhatBecomesOfTheirCalls) {
    const auto fate = [](const std::string& keys) {
        const auto found = warnings(fixing(keys) + "  r: {requires: {selling: 1}}\n");
        return found.empty() ? "" : found.at(0);
    };
    const std::string why = "7: queues.q.requires: no agent has skill fixing: ";
    EXPECT_EQ(fate("    max_wait: 3m\n    overflow: r\n"), why + "all its calls go on to r after 3m");
    EXPECT_EQ(fate("    overflow_when: {without_agents: true}\n    overflow: r\n"), why + "all its calls go on to r");
    EXPECT_EQ(fate("    overflow_when: {waiting: 5}\n    overflow: r\n"),
              why + "its calls wait for ever, unless they go on to r");
    EXPECT_EQ(fate("    refuse_without_agents: true\n"), why + "its calls are refused");
    EXPECT_EQ(fate("    max_wait: 3m\n"), why + "all its calls end after 3m");
    EXPECT_EQ(fate("    closed: true\n"), "");
    EXPECT_EQ(fate("    relax: [{after: 10s, requires: {fixing: 1}}]\n"),
              why + "its calls wait until somebody is given it by 'centrala skill'");
    EXPECT_EQ(fate("    relax: [{after: 40s, requires: {}}]\n"),
              why + "all its calls wait 40s for relax to ask for less");
}

TEST(UnservedQueues, MayPlayAGreetingAndEndTheCall) {
    EXPECT_THAT(warnings(fixing("    greeting: \"\"\n    max_wait: 20s\n  r: {}\n")), IsEmpty());
}

TEST(Agents, WhoServeNoQueueAreOdd) {
    const std::string served = "queues:\n  q: {requires: {selling: 1}}\n";
    const auto with = [&](const std::string& agent) {
        return warnings(kListen +
                        "skills: [selling, fixing]\nagents:\n  ann: {password: x, skills: {selling: 5, fixing: 1}}\n" +
                        agent + served);
    };
    const std::string idle = ": serves no queue: every queue asks for something else";
    EXPECT_THAT(with("  bob: {password: x, skills: {fixing: 5}}\n"), ElementsAre("5: agents.bob" + idle));
    EXPECT_THAT(with("  bob: {password: x}\n"), ElementsAre("5: agents.bob" + idle));
    EXPECT_THAT(with("  bob: {password: x, extension: 201}\n"), IsEmpty()) << "a colleague's telephone";
    EXPECT_THAT(with("  bob: {password: x, queues: [q], skills: {fixing: 1}}\n"),
                ElementsAre("5: agents.bob.queues: can't take the calls of q, which asks for other skills or groups"));
    EXPECT_THAT(with("  bob: {password: x, extension: 201, pace: {q: 120}}\n"),
                ElementsAre("5: agents.bob.pace: can't take the calls of q, which asks for other skills or groups"));
    std::string many;
    for (int i = 0; i < 14; ++i) many += "  b" + std::to_string(i) + ": {password: x}\n";
    const auto found = with(many);
    ASSERT_EQ(found.size(), 11u);
    EXPECT_EQ(found[0], "4: agents: 4 more serve no queue");
    EXPECT_EQ(found[10], "14: agents.b9" + idle);
}

TEST(Agents, WithWeightsThatNobodyLooksAtAreOdd) {
    const std::string queues = "queues:\n  q: {strategy: weighted_random}\n  r: {strategy: round_robin}\n";
    const auto with = [](const std::string& weight, const std::string& queues) {
        return warnings(kListen + "agents:\n  ann: {password: x, weight: " + weight + "}\n" + queues);
    };
    EXPECT_THAT(with("2", queues), IsEmpty());
    EXPECT_THAT(with("2", "queues: {r: {}}\n"),
                ElementsAre("3: agents.ann.weight: means nothing: no queue's strategy is weighted_random"));
    EXPECT_THAT(with("{q: 2, r: 3}", queues),
                ElementsAre("3: agents.ann.weight.r: means nothing: the queue's strategy is round_robin"));
}

TEST(Queues, ThatNothingLeadsToAreOdd) {
    const std::string strict = "agent_groups: {default: {may: {transfer_queues: false}}}\n";
    EXPECT_THAT(warnings(kListen + strict + "agents: {ann: {password: x}}\nqueues:\n  q: {}\n"),
                ElementsAre("5: queues.q: no entry point and no overflow leads here, and no agent may transfer calls"));
    EXPECT_THAT(warnings(kListen + strict +
                         "agents: {ann: {password: x}}\nqueues: {a: {max_wait: 1m, overflow: b}, b: {}, c: {}, d: "
                         "{also: [e]}, e: {}}\nentry_points: {x: {numbers: [1], queue: a, closed_queue: c}, y: "
                         "{numbers: [2], queue: d}}\n"),
                IsEmpty());
}

TEST(Queues, WhoseTimesDontFitAreOdd) {
    const std::string wait = "    max_wait: 10s\n";
    const std::string idle = "2: skills[2]: fixing is a skill that no agent has and no queue asks for";
    EXPECT_THAT(warnings(queue(wait + "    service_level: 11s\n")),
                ElementsAre(idle,
                            "8: queues.q.service_level: is longer than max_wait, 10s: whoever is answered at "
                            "all is answered in time"));
    EXPECT_THAT(warnings(queue(wait + "    ring_timeout: 15s\n")),
                ElementsAre(idle,
                            "8: queues.q.ring_timeout: is longer than max_wait, 10s: calls leave when the first "
                            "phone isn't answered"));
    EXPECT_THAT(warnings(queue(wait + "    ring_timeout: 10s\n    service_level: 10s\n")), ElementsAre(idle));
    EXPECT_THAT(warnings(queue(wait)), ElementsAre(idle)) << "defaults are nobody's words";
    EXPECT_THAT(warnings(queue("    capacity: 5\n    overflow: r\n    overflow_when:\n      waiting: 5\n  r: {}\n")),
                ElementsAre(idle, "10: queues.q.overflow_when.waiting: never comes: the queue is full at capacity, 5"));
    EXPECT_THAT(warnings(queue("    max_wait: 5m\n    overflow: r\n  r: {closed: true}\n")),
                ElementsAre(idle, "8: queues.q.overflow: is closed: no call goes there"));
}

TEST(Groups, WithoutMembersAreOdd) {
    const std::string both = "queues: {q: {groups: [default, night]}}\nagents: {ann: {password: x}}\n";
    EXPECT_THAT(warnings(kListen + both + "agent_groups:\n  default: {}\n  night: {}\n"),
                ElementsAre("6: agent_groups.night: no agent is in it"));
}

TEST(Groups, ThatMayCallOutsideNeedAWayThere) {
    const std::string agents =
        "agents: {ann: {password: x}}\nagent_groups:\n  default:\n    may: {call_outside: true}\n";
    EXPECT_THAT(warnings(kListen + agents),
                ElementsAre("5: agent_groups.default.may: nothing outside can be reached: the file has no rules under "
                            "outside"));
    EXPECT_THAT(warnings(kListen + agents +
                         "trunks: {t: {gateways: [sip:192.0.2.1], trust_gateways: true}}\noutside: [{match: \"0\", "
                         "trunks: [t]}]\n"),
                IsEmpty());
}

TEST(Skills, ThatMeanNothingAreOdd) {
    const std::string skills = kListen + "skills:\n  - selling\n  - fixing\n";
    EXPECT_THAT(
        warnings(skills + "agents: {ann: {password: x, skills: [selling]}}\nqueues: {q: {prefers: {fixing: 2}}}\n"),
        ElementsAre("4: skills[2]: fixing is a skill that no agent has"));
    EXPECT_THAT(warnings(skills + "agents: {ann: {password: x, skills: [selling, fixing]}}\nqueues: {q: {}}\n"),
                IsEmpty())
        << "agents may have skills that nobody asks for yet";
}

TEST(Trunks, WithoutCallsAreOdd) {
    const auto trunk = [](const std::string& keys) { return warnings(kListen + "trunks:\n  t: {" + keys + "}\n"); };
    EXPECT_THAT(trunk("gateways: [sip:192.0.2.1]"),
                ElementsAre("3: trunks.t: no call comes or goes by it: expected sources, or a rule of outside that "
                            "names it"));
    EXPECT_THAT(trunk("register: {registrar: sip:192.0.2.1, aor: sip:a@b.example}"),
                ElementsAre("3: trunks.t: registers for calls that are refused then: expected sources or "
                            "trust_gateways"));
    EXPECT_THAT(trunk("gateways: [sip:192.0.2.1], sources: [192.0.2.1]"), IsEmpty());
    EXPECT_THAT(trunk("gateways: [sip:192.0.2.1], trust_gateways: true"), IsEmpty());
}

}  // namespace
}  // namespace centrala::config
