// Lists of callers, in the configuration and in files of their own.
#include "support.hpp"

namespace centrala::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Lists of callers below queues q and vip, from line 4 on.
std::string with_lists(const std::string& lists) {
    return kListen + "queues: {q: {}, vip: {}}\ncallers:\n" + lists;
}

/// A file of numbers in a folder of its own.
class NumbersFile {
public:
    explicit NumbersFile(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::vector<std::string> numbers() const {
        const auto read = read_numbers(path_);
        EXPECT_TRUE(std::holds_alternative<std::vector<std::string>>(read));
        return std::get<std::vector<std::string>>(read);
    }
    /// Without the path.
    [[nodiscard]] std::vector<std::string> problems() const {
        const auto read = read_numbers(path_);
        std::vector<std::string> words;
        for (const Problem& p : std::get<std::vector<Problem>>(read))
            words.push_back(p.to_string().substr(path_.size()));
        return words;
    }

private:
    SoundFolder folder_;
    std::string path_ = folder_.path("numbers.txt");
};

TEST(Callers, AreRefusedOrRaisedOrSentElsewhere) {
    const Config c =
        loaded(with_lists("  bad: {numbers: [+49 (30) 12-34.5, \"0900*\"], refuse: 486}\n"
                          "  good: {numbers: 4711, priority: -5, queue: vip}\n"
                          "entry_points:\n  e: {numbers: [1], queue: q, priority: 7, callers: [good, bad]}\n"
                          "agents: {ann: {password: x}}\n"));
    ASSERT_EQ(c.caller_lists.size(), 2u);
    EXPECT_THAT(c.caller_lists[0].numbers, ElementsAre("+493012345", "0900*"));
    EXPECT_EQ(c.caller_lists[0].refuse, 486);
    EXPECT_TRUE(c.plan->caller_lists[0].blocked);
    EXPECT_EQ(c.plan->caller_lists[1].name, "good");
    EXPECT_FALSE(c.plan->caller_lists[1].blocked);
    EXPECT_EQ(c.plan->caller_lists[1].priority, -5);
    EXPECT_EQ(c.plan->caller_lists[1].queue, routing::QueueId{1});
    EXPECT_EQ(c.plan->entry_points[0].priority, 7);
    EXPECT_THAT(c.entry_points[0].callers, ElementsAre(routing::CallerListId{1}, routing::CallerListId{0}));
}

TEST(Callers, StandInAFileWithANumberALine) {
    const NumbersFile file("\xEF\xBB\xBF+49 30 1\r\n\n# nobody\n  0900 *  # dear\n4711");
    EXPECT_THAT(file.numbers(), ElementsAre("+49301", "0900*", "4711"));
    const Config c = loaded(with_lists("  l: {numbers: [1], file: " + file.path() + ", priority: 1}\n"));
    EXPECT_THAT(c.caller_lists[0].numbers, ElementsAre("1"));
    EXPECT_EQ(c.caller_lists[0].file, file.path());
    EXPECT_THAT(c.caller_lists[0].numbers_of_file, ElementsAre("+49301", "0900*", "4711"));
}

TEST(Callers, EveryMistakeInAFileIsNamedWithItsLine) {
    const NumbersFile file("1\nann\n2\n3*4\n++5\n");
    EXPECT_THAT(file.problems(), ElementsAre(":2: expected a number such as +49301234, or +4930* for all that begin "
                                             "so, got 'ann'",
                                             HasSubstr(":4: expected"), HasSubstr(":5: expected")));
    EXPECT_THAT(problems(with_lists("  l: {file: " + file.path() + ", priority: 1}\n")),
                ElementsAre(HasSubstr("4: callers.l.file: " + file.path() + ":2: expected a number"), HasSubstr(":4: "),
                            HasSubstr(":5: ")));
    EXPECT_THAT(problems(with_lists("  l: {file: /nowhere.txt, priority: 1}\n")),
                ElementsAre("4: callers.l.file: /nowhere.txt: no such file"));
}

TEST(Callers, OfAFileAreNotMoreThanItMayHave) {
    std::string text;
    for (int i = 0; i < 100'001; ++i) text += std::to_string(i) + "\n";
    EXPECT_THAT(NumbersFile(text).problems(), ElementsAre(":100001: expected at most 100000 numbers"));
    text.resize(text.rfind('\n', text.size() - 2));
    EXPECT_EQ(NumbersFile(text).numbers().size(), 100'000u);
    std::string bad;
    for (int i = 0; i < 100; ++i) bad += "x\n";
    EXPECT_EQ(NumbersFile(bad).problems().size(), 20u);
}

TEST(Callers, AndNumbersMayBeAnAgentsOwn) {
    const Config c =
        loaded(with_lists("  key: {numbers: [1], agent: ann, patience: 5s}\n"
                          "entry_points:\n  bob: {numbers: [1], queue: q, agent: bob}\n"
                          "agents: {ann: {password: x}, bob: {password: x}}\n"));
    ASSERT_TRUE(c.plan->caller_lists[0].wanted);
    EXPECT_EQ(c.plan->caller_lists[0].wanted->agent, routing::AgentId{0});
    EXPECT_EQ(c.plan->caller_lists[0].wanted->patience, 5s);
    ASSERT_TRUE(c.plan->entry_points[0].wanted);
    EXPECT_EQ(c.plan->entry_points[0].wanted->agent, routing::AgentId{1});
    EXPECT_EQ(c.plan->entry_points[0].wanted->patience, 60s);
    EXPECT_THAT(problems(with_lists("  l: {numbers: [1], agent: an}\nagents: {ann: {password: x}}\n")),
                ElementsAre("4: callers.l.agent: no agent is named 'an'; did you mean ann?"));
    EXPECT_THAT(problems(with_lists("  l: {numbers: [1], agent: ann}\n")),
                ElementsAre("4: callers.l.agent: no agent is named 'ann'"));
    EXPECT_THAT(problems(with_lists("  l: {numbers: [1], priority: 1, patience: 1s}\n")),
                ElementsAre("4: callers.l.patience: expected agent with it: who is waited for"));
}

TEST(StickyQueue, HasDefaults) {
    const auto sticky = [](const std::string& text) {
        return loaded(kListen + "queues: {q: {" + text + "}}\n").plan->queues[0].sticky;
    };
    EXPECT_FALSE(sticky(""));
    ASSERT_TRUE(sticky("sticky: {}"));
    EXPECT_EQ(sticky("sticky: {}")->memory, 24h);
    EXPECT_EQ(sticky("sticky: {for: 1h, patience: 0}")->memory, 1h);
    EXPECT_EQ(sticky("sticky: {for: 1h, patience: 0}")->patience, 0s);
    EXPECT_THAT(problems(kListen + "queues: {q: {sticky: {fro: 1h}}}\n"),
                ElementsAre("2: queues.q.sticky.fro: unknown key; did you mean for?"));
}

TEST(Callers, MistakesAreNamed) {
    EXPECT_THAT(problems(with_lists("  l: {priority: 1}\n")), ElementsAre("4: callers.l: expected numbers or file: who "
                                                                          "calls"));
    EXPECT_THAT(problems(with_lists("  l: {numbers: [1]}\n")),
                ElementsAre("4: callers.l: expected refuse, priority, queue or agent: what becomes of these callers"));
    EXPECT_THAT(problems(with_lists("  l: {numbers: [1], refuse: 603, queue: vip}\n")),
                ElementsAre("4: callers.l: expected nothing else with refuse: they are turned away"));
    EXPECT_THAT(problems(with_lists("  l: {numbers: [1], refuse: 200}\n")), ElementsAre(HasSubstr("callers.l.refuse")));
    EXPECT_THAT(problems(with_lists("  l: {numbers: [1], queue: vp}\n")),
                ElementsAre("4: callers.l.queue: no queue is named 'vp'; did you mean vip?"));
    EXPECT_THAT(
        problems(with_lists("  l:\n    priority: 1\n    numbers:\n    - ann\n    - \"\"\n    - \"+*\"\n")),
        ElementsAre(HasSubstr("7: callers.l.numbers[1]: expected a number"), HasSubstr("8: "), HasSubstr("9: ")));
    EXPECT_THAT(problems(with_lists("  gold: {numbers: [1], priority: 1}\nentry_points:\n"
                                    "  e: {numbers: [1], queue: q, callers: [gld]}\n")),
                ElementsAre(HasSubstr("no list of callers is named 'gld'; did you mean gold?")));
}

}  // namespace
}  // namespace centrala::config
