// centrala why: folds the event log and explains what routing decided in each state on the way.
#include <charconv>
#include <iostream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/why_text.hpp"
#include "centrala/journal/journal.hpp"

namespace centrala::app {
namespace {

constexpr std::size_t kCandidatesShown = 10;

Timestamp wall_clock() {
    return Timestamp{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
}

std::optional<routing::ContactId> contact_of(std::string_view text) {
    if (!text.starts_with('c') || text.size() < 2) return std::nullopt;
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return static_cast<routing::ContactId>(id);
}

int no_input(const std::string& why) {
    std::cerr << "centrala: " << printable(why) << '\n';
    return kNoInput;
}

int explain_contact(routing::ContactId id, routing::Core& core, const std::string& path, const CommandLine& line) {
    const routing::Plan& plan = core.plan();
    std::vector<Decision> decisions;
    bool seen = false;
    const auto folded = journal::fold(path, core, [&](const routing::Event& event) {
        if (const auto* arrived = std::get_if<routing::event::ContactArrived>(&event.body))
            seen |= arrived->contact == id;
        const auto* made = std::get_if<routing::event::OfferMade>(&event.body);
        if (!made || made->contact != id) return;
        const routing::ContactRecord* contact = core.state().find(id);
        if (!contact) return;
        decisions.push_back({event.at, made->offer, made->agent, made->direct,
                             routing::explain(core.state(), plan, *contact, event.at, kCandidatesShown)});
    });
    if (!folded) return no_input(folded.error().message);
    const routing::ContactRecord* contact = core.state().find(id);
    // The log of a server that runs tells of now, any other of when it ended.
    const Timestamp now = line.log.empty() ? std::max(core.state().clock, wall_clock()) : core.state().clock;
    if (contact && contact->phase == routing::ContactPhase::waiting)
        decisions.push_back(
            {now, {}, {}, false, routing::explain(core.state(), plan, *contact, now, kCandidatesShown)});
    if (!seen && !contact && decisions.empty())
        return no_input(path + " doesn't know " + journal::to_text(id) + "; an older log may: --log");
    if (line.json) {
        nlohmann::ordered_json json = nlohmann::ordered_json::array();
        for (const Decision& decision : decisions) json.push_back(why_json(decision, plan));
        std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
        return kOk;
    }
    const Style style = Style::of(STDOUT_FILENO);
    for (const Decision& decision : decisions) std::cout << why_text(decision, plan, style, line.utc);
    if (decisions.empty()) std::cout << journal::to_text(id) << " was offered to nobody\n";
    return kOk;
}

int explain_agent(routing::AgentId id, routing::Core& core, const std::string& path, const CommandLine& line) {
    const routing::Plan& plan = core.plan();
    if (const auto folded = journal::fold(path, core); !folded) return no_input(folded.error().message);
    const routing::State& state = core.state();
    const Timestamp now = line.log.empty() ? std::max(state.clock, wall_clock()) : state.clock;
    const auto why = routing::explain(state, plan, id, now);
    if (line.json)
        std::cout << why_json(why, plan).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    else
        std::cout << why_text(why, state, plan, Style::of(STDOUT_FILENO), now);
    return kOk;
}

}  // namespace

int why(const CommandLine& line) {
    const auto config = load_or_complain(line.config);
    if (!config) return kConfig;
    const std::string path = line.log.empty() ? config->log.events : line.log;
    routing::Core core(config->plan);
    if (const auto agent = config->plan->find_agent(line.about)) return explain_agent(*agent, core, path, line);
    if (const auto contact = contact_of(line.about)) return explain_contact(*contact, core, path, line);
    std::cerr << "centrala: '" << printable(line.about) << "' is no call, such as c12, and no agent of " << line.config
              << '\n';
    return kUsage;
}

}  // namespace centrala::app
