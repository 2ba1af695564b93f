// Files of the daemon and its viewers: registrations, the lock, the followed log.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "app/log_follower.hpp"
#include "app/registrations_file.hpp"
#include "app/state_dir.hpp"
#include "app/temporary_folder.hpp"

namespace centrala::app::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

registrar::Binding binding(const std::string& contact, sip::Transport transport = sip::Transport::udp) {
    registrar::Binding b;
    b.contact = contact;
    b.call_id = "a\"b\\c@host";
    b.cseq = 4'294'967'295u;
    b.q = 500;
    b.expires = Timestamp(Duration(1'700'000'000'123'456));
    b.flow = {transport, *Endpoint::parse("[2001:db8::1]:5060"), *Endpoint::parse("192.0.2.7:40000"), 0};
    b.user_agent = "Phone/1.0 (Zoë)";
    b.instance = "<urn:uuid:1>";
    return b;
}

std::string json_of(const Bindings& bindings) {
    std::map<std::string, std::vector<registrar::Binding>> by_agent;
    for (const auto& [agent, binding] : bindings) by_agent[agent].push_back(binding);
    BindingsText text;
    for (const auto& [agent, its] : by_agent) text.set(agent, its);
    return text.json();
}

TEST(RegistrationsFile, ComesBackAsItWasWritten) {
    const TemporaryFolder folder;
    const Bindings bindings{
        {"ann", binding("sip:ann@192.0.2.7:40000;ob")}, {"ann", binding("sip:2")}, {"ben", binding("sip:3")}};
    ASSERT_TRUE(save_bindings(folder.path("r.json"), json_of(bindings)).ok());
    const LoadedBindings loaded = load_bindings(folder.path("r.json"));
    EXPECT_EQ(loaded.warning, "");
    EXPECT_EQ(loaded.bindings, bindings);
    EXPECT_FALSE(std::filesystem::exists(folder.path("r.json.new")));
}

TEST(RegistrationsFile, ForgetsConnectionsThatDiedWithTheirProcess) {
    const TemporaryFolder folder;
    ASSERT_TRUE(save_bindings(folder.path("r.json"),
                              json_of({{"ann", binding("sip:1", sip::Transport::tcp)}, {"ben", binding("sip:2")}}))
                    .ok());
    const LoadedBindings loaded = load_bindings(folder.path("r.json"));
    ASSERT_EQ(loaded.bindings.size(), 1u);
    EXPECT_EQ(loaded.bindings[0].first, "ben");
}

TEST(RegistrationsFile, MayBeMissing) {
    const TemporaryFolder folder;
    const LoadedBindings loaded = load_bindings(folder.path("none.json"));
    EXPECT_EQ(loaded.warning, "");
    EXPECT_THAT(loaded.bindings, IsEmpty());
}

TEST(RegistrationsFile, IsMovedAsideWhenItMakesNoSense) {
    std::string cr = json_of({{"ann", binding("sip:1")}});
    const std::size_t at = cr.find("sip:1");
    cr.insert(at, "\\r\\nEvil: 1");
    const std::string good = json_of({{"ann", binding("sip:1")}});
    for (const std::string& text :
         {std::string("{"), std::string("[]"), std::string("{}"), std::string(R"({"version":2,"bindings":[]})"),
          std::string(R"({"version":1,"bindings":[{}]})"), good.substr(0, good.size() / 2), cr}) {
        const TemporaryFolder folder;
        folder.write("r.json", text);
        const LoadedBindings loaded = load_bindings(folder.path("r.json"));
        EXPECT_THAT(loaded.bindings, IsEmpty()) << text;
        EXPECT_THAT(loaded.warning, HasSubstr("moved to")) << text;
        EXPECT_EQ(folder.read("r.json.bad"), text);
        EXPECT_FALSE(std::filesystem::exists(folder.path("r.json")));
    }
}

TEST(RegistrationsFile, KeepsTheOldOneWhenTheNewOneCanNotBeWritten) {
    const TemporaryFolder folder;
    const auto saved = save_bindings(folder.path("no-such-folder/r.json"), json_of({}));
    ASSERT_FALSE(saved.ok());
    EXPECT_THAT(saved.error().message, HasSubstr("no-such-folder"));
}

TEST(RegistrationsFile, IsWrittenInTheBackgroundAndCompleteAtTheEnd) {
    const TemporaryFolder folder;
    {
        BindingsWriter writer(folder.path("r.json"), [](std::string_view) { FAIL(); });
        writer.write({{"ben", {binding("sip:ben")}}, {"cy", {binding("sip:cy")}}});
        for (int i = 0; i < 50; ++i) writer.write({{"ann", {binding("sip:" + std::to_string(i))}}});
        writer.write({{"cy", {}}});
    }
    const Bindings expected{{"ann", binding("sip:49")}, {"ben", binding("sip:ben")}};
    EXPECT_EQ(load_bindings(folder.path("r.json")).bindings, expected);
}

TEST(RegistrationsFile, ComplainsOnceWhileItCanNotBeWritten) {
    const TemporaryFolder folder;
    std::vector<std::string> alarms;
    {
        BindingsWriter writer(folder.path("later/r.json"), [&](std::string_view what) { alarms.emplace_back(what); });
        writer.write({});
    }
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("can't be saved")));
}

TEST(StateLock, LetsOnlyOneServerIn) {
    const TemporaryFolder folder;
    {
        const auto first = StateLock::acquire(folder.path("a/b"));
        ASSERT_TRUE(first.ok());
        const auto second = StateLock::acquire(folder.path("a/b"));
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().why, StateLock::Failure::taken);
        EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
    }
    EXPECT_TRUE(StateLock::acquire(folder.path("a/b")).ok());
}

TEST(StateLock, SaysWhyThereIsNoFolder) {
    const TemporaryFolder folder;
    folder.write("file", "");
    const auto lock = StateLock::acquire(folder.path("file/below"));
    ASSERT_FALSE(lock.ok());
    EXPECT_EQ(lock.error().why, StateLock::Failure::cannot_create);
}

struct Follow : testing::Test {
    TemporaryFolder folder;
    std::vector<std::string> lines;
    LogFollower follower{folder.path("log"), [this](std::string_view line) { lines.emplace_back(line); }};
};

TEST_F(Follow, BeginsWithTheLastLines) {
    for (int i = 1; i <= 30; ++i) folder.append("log", std::to_string(i) + "\n");
    ASSERT_TRUE(follower.start(3));
    EXPECT_THAT(lines, ElementsAre("28", "29", "30"));
}

TEST_F(Follow, BeginsWithAllThereIsIfThatIsLess) {
    folder.append("log", "1\n2\n");
    ASSERT_TRUE(follower.start(10));
    EXPECT_THAT(lines, ElementsAre("1", "2"));
}

TEST_F(Follow, FindsLastLinesOverChunks) {
    const std::string a(50'000, 'a'), b(50'000, 'b'), c(50'000, 'c');
    folder.append("log", a + "\n" + b + "\n" + c + "\n");
    ASSERT_TRUE(follower.start(2));
    EXPECT_THAT(lines, ElementsAre(b, c));
}

TEST_F(Follow, MayBeginWithNothing) {
    folder.append("log", "old\n");
    ASSERT_TRUE(follower.start(0));
    folder.append("log", "new\n");
    follower.poll();
    EXPECT_THAT(lines, ElementsAre("new"));
}

TEST_F(Follow, WaitsForTheEndOfALine) {
    folder.append("log", "one\ntw");
    ASSERT_TRUE(follower.start(10));
    EXPECT_THAT(lines, ElementsAre("one"));
    folder.append("log", "o\nthree\n");
    follower.poll();
    EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
}

TEST_F(Follow, GoesOnInTheNextFileAfterTheRestOfTheOld) {
    folder.append("log", "1\n");
    ASSERT_TRUE(follower.start(10));
    folder.append("log", "2\n");
    std::filesystem::rename(folder.path("log"), folder.path("log.1"));
    folder.append("log.1", "3\n");
    follower.poll();  // no new file yet
    folder.append("log.1", "4\n");
    folder.append("log", "5\n");
    follower.poll();
    folder.append("log", "6\n");
    follower.poll();
    EXPECT_THAT(lines, ElementsAre("1", "2", "3", "4", "5", "6"));
}

TEST_F(Follow, BeginsAnewWhenTheFileWasCut) {
    folder.append("log", "a long first line\n");
    ASSERT_TRUE(follower.start(10));
    folder.write("log", "new\n");
    follower.poll();
    EXPECT_THAT(lines, ElementsAre("a long first line", "new"));
}

TEST_F(Follow, ReadsAFileThatAppearsLaterFromItsBeginning) {
    EXPECT_FALSE(follower.start(10));
    follower.poll();
    folder.append("log", "first\n");
    follower.poll();
    EXPECT_THAT(lines, ElementsAre("first"));
}

}  // namespace
}  // namespace centrala::app::test
