// The schema, the documentation and the code say the same.
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "centrala/journal/journal.hpp"
#include "journal/schema_check.hpp"
#include "journal/support.hpp"

namespace centrala::journal {
namespace {

using namespace test;
using nlohmann::json;

const json& schema() {
    static const json schema = json::parse(read(CENTRALA_SOURCE_DIR "/docs/event.schema.json"));
    return schema;
}
std::string documentation() {
    return read(CENTRALA_SOURCE_DIR "/docs/events.md");
}

std::vector<std::string> described_types() {
    std::vector<std::string> types;
    for (const auto& [name, definition] : schema()["$defs"].items()) {
        if (name.find('.') != std::string::npos) types.push_back(name);
    }
    return types;
}

template <class Enum>
std::set<std::string> words(Enum last) {
    std::set<std::string> words;
    for (int i = 0; i <= static_cast<int>(last); ++i) words.emplace(to_string(static_cast<Enum>(i)));
    return words;
}
std::set<std::string> listed(const json& rule) {
    return rule["enum"].get<std::set<std::string>>();
}
const json& property(const char* type, const char* key) {
    return schema()["$defs"][type]["properties"][key];
}

TEST(Schema, AppliesEachTypesRulesToThatType) {
    std::set<std::string> applied;
    for (const auto& rule : schema()["allOf"]) {
        const auto type = rule["if"]["properties"]["type"]["const"].get<std::string>();
        EXPECT_EQ(rule["then"]["$ref"], "#/$defs/" + type);
        applied.insert(type);
    }
    for (const auto& type : described_types()) EXPECT_TRUE(applied.contains(type)) << type;
}

TEST(Schema, ListsTheWordsThatTheCodeHas) {
    using namespace routing;
    EXPECT_EQ(listed(property("contact.refused", "cause")), words(Refusal::caller_gone));
    EXPECT_EQ(listed(property("contact.ended", "cause")), words(EndCause::closed));
    EXPECT_EQ(listed(property("contact.released", "cause")), words(ReleaseCause::refused));
    EXPECT_EQ(listed(property("contact.transferred", "kind")), words(TransferKind::attended));
    EXPECT_EQ(listed(property("contact.transferred", "target")), words(TransferTarget::outside));
    EXPECT_EQ(listed(property("contact.returned", "cause")), words(Outcome::rescinded));
    EXPECT_EQ(listed(property("offer.ended", "outcome")), words(Outcome::rescinded));
    EXPECT_EQ(listed(property("offer.made", "strategy")), words(Strategy::idleness_ratio));
    EXPECT_EQ(listed(property("agent.state_changed", "device")), words(Device::unreachable));
    EXPECT_EQ(listed(property("agent.state_changed", "work")), words(Work::wrapping));
    EXPECT_EQ(listed(property("contact.snapshot", "phase")), words(ContactPhase::outside));
    EXPECT_EQ(listed(schema()["$defs"]["agent_state"]), words(AgentState::ready));
    EXPECT_EQ(listed(schema()["$defs"]["channel"]), words(Channel::chat));
    EXPECT_EQ(listed(schema()["$defs"]["actor"]), words(Actor::caller));
    EXPECT_EQ(listed(schema()["$defs"]["door_state"]), words(DoorState::closed));
    EXPECT_EQ(listed(schema()["$defs"]["door_cause"]), words(DoorCause::command));
    std::set<std::string> causes;
    for (const auto& cause : kAgentCauses) causes.emplace(cause.word);
    EXPECT_EQ(listed(schema()["$defs"]["agent_cause"]), causes);
}

TEST(Schema, CheckerFindsEachKindOfFault) {
    const auto faulty = [](const std::string& rest) {
        return schema_errors(R"({"seq":4,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":)" + rest) != "";
    };
    EXPECT_FALSE(faulty(R"("offer.ringing","contact":"c1","offer":"o1","agent":"ann"})"));
    EXPECT_TRUE(faulty(R"("offer.ringing","contact":"c1","offer":"o1"})")) << "missing";
    EXPECT_TRUE(faulty(R"("offer.ringing","contact":"1","offer":"o1","agent":"ann"})")) << "pattern";
    EXPECT_TRUE(faulty(R"("offer.ringing","contact":"c1","offer":"o1","agent":7})")) << "type";
    EXPECT_TRUE(faulty(R"("offer.ringing","contact":"c1","offer":"o1","agent":"ann","surprise":1})"))
        << "not described";
    EXPECT_TRUE(faulty(R"("contact.refused","contact":"c1","from":"entry","to":"ended","cause":"weather"})")) << "enum";
    EXPECT_TRUE(faulty(R"("contact.refused","contact":"c1","from":"entry","to":"agent:ann","cause":"closed"})"))
        << "const";
    EXPECT_TRUE(faulty(
        R"("contact.rescued","contact":"c1","agent":"a","queue":"q","from":"agent:a","to":"queue:q","talked_ms":-1})"))
        << "minimum";
    EXPECT_TRUE(faulty(R"("moon.rose"})")) << "unknown type";
    EXPECT_TRUE(faulty(R"("Moon rose"})")) << "not a type";
    EXPECT_NE(schema_errors("{"), "");
    EXPECT_NE(schema_errors("[]"), "");
    EXPECT_THROW(SchemaCheck(json::parse(R"({"dependentRequired":{}})")), std::runtime_error);
}

TEST(Documentation, ItsExamplesObeyTheSchema) {
    std::string block;
    int examples = 0;
    bool inside = false;
    for (const auto& line : lines(documentation())) {
        if (line == "```json")
            inside = true;
        else if (line == "```")
            inside = false;
        else if (inside) {
            EXPECT_EQ(schema_errors(line), "");
            ++examples;
        }
    }
    EXPECT_GE(examples, 20);
}

TEST(Documentation, TellsOfEveryTypeCauseAndOutcome) {
    const auto text = documentation();
    const auto told = [&](const std::string& word) { return text.find(word) != std::string::npos; };
    for (const auto& type : described_types()) EXPECT_TRUE(told(type)) << type;
    for (const auto& cause : routing::kAgentCauses)
        EXPECT_TRUE(told("`" + std::string(cause.word) + "`")) << cause.word;
    for (const auto& list : {words(routing::Refusal::not_acceptable), words(routing::EndCause::closed),
                             words(routing::Outcome::rescinded)}) {
        for (const auto& word : list) EXPECT_TRUE(told("`" + word + "`")) << word;
    }
}

TEST(Documentation, TellsOfEveryFieldOfCallsOffersAndAgents) {
    const auto text = documentation();
    for (const auto& type : described_types()) {
        if (type.ends_with(".snapshot") || type == "log.opened") continue;
        for (const auto& [key, rule] : schema()["$defs"][type]["properties"].items()) {
            const bool told =
                text.find("`" + key + "`") != std::string::npos || text.find("\"" + key + "\":") != std::string::npos;
            EXPECT_TRUE(told || key == "expires_s" || key == "count") << type << " " << key;
        }
    }
}

}  // namespace
}  // namespace centrala::journal
