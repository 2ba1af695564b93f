// centrala why: folds the event log and explains what routing decided in each state on the way.
#include <charconv>
#include <iostream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/why_text.hpp"
#include "centrala/journal/files.hpp"
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

void remark(const std::string& text) {
    std::cerr << "centrala: " << printable(text) << '\n';
}

int no_input(const std::string& why) {
    remark(why);
    return kNoInput;
}

/// What of the contact's story no file tells.
void remark_on_gaps(const std::vector<std::string>& gaps, const journal::FilesAbout& files) {
    for (const std::string& gap : gaps) remark(gap);
    if (files.passed_over > 0) {
        remark(std::to_string(files.passed_over) + (files.passed_over == 1 ? " file" : " files") +
               " of the log can't be read: " + files.such_as);
    }
}

void tell(const std::vector<Decision>& decisions, routing::ContactId id, const routing::Plan& plan,
          const CommandLine& line) {
    if (line.json) {
        nlohmann::ordered_json json = nlohmann::ordered_json::array();
        for (const Decision& decision : decisions) json.push_back(why_json(decision, plan));
        std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
        return;
    }
    const Style style = Style::of(STDOUT_FILENO);
    for (const Decision& decision : decisions) std::cout << why_text(decision, plan, style, line.utc);
    if (decisions.empty()) std::cout << journal::to_text(id) << " was offered to nobody\n";
}

int explain_contact(routing::ContactId id, routing::Core& core, const journal::FilesAbout& files,
                    const CommandLine& line) {
    const routing::Plan& plan = core.plan();
    std::vector<Decision> decisions;
    bool arrived = false;
    const auto see = [&](const routing::Event& event) {
        if (const auto* arrives = std::get_if<routing::event::ContactArrived>(&event.body))
            arrived |= arrives->contact == id;
        const auto* made = std::get_if<routing::event::OfferMade>(&event.body);
        if (!made || made->contact != id) return;
        const routing::ContactRecord* contact = core.state().find(id);
        if (!contact) return;
        decisions.push_back({event.at, made->offer, made->agent, made->direct,
                             routing::explain(core.state(), plan, *contact, event.at, kCandidatesShown)});
    };
    const routing::ContactRecord* contact = nullptr;
    std::vector<std::string> gaps;
    std::uint64_t next_seq = 0;
    for (const std::string& path : files.paths) {
        const auto folded = journal::fold(path, core, see);
        if (!folded) return no_input(folded.error().message);
        if (next_seq != 0 && folded->first_seq > next_seq)
            gaps.push_back("the log lacks lines before " + path + "; what was decided there isn't told");
        next_seq = folded->next_seq;
        contact = core.state().find(id);
        if (!contact && routing::index(id) < core.state().next_contact) break;  // it is over
    }
    const bool known = arrived || contact || !decisions.empty();
    if (known && !arrived) {
        gaps.push_back(journal::to_text(id) + " arrived before " + files.paths.front() +
                       " begins; what was decided until then isn't told");
    }
    if (!known || !gaps.empty()) remark_on_gaps(gaps, files);
    if (!known) {
        return no_input(files.paths.back() + (files.paths.size() > 1 ? " and the files before it don't" : " doesn't") +
                        " know " + journal::to_text(id) + "; an older log may: --log");
    }
    // The log of a server that runs tells of now, any other of when it ended.
    const Timestamp now = line.logs.empty() ? std::max(core.state().clock, wall_clock()) : core.state().clock;
    if (contact && contact->phase == routing::ContactPhase::waiting)
        decisions.push_back(
            {now, {}, {}, false, routing::explain(core.state(), plan, *contact, now, kCandidatesShown)});
    tell(decisions, id, plan, line);
    return kOk;
}

int explain_agent(routing::AgentId id, routing::Core& core, const std::vector<std::string>& logs,
                  const CommandLine& line) {
    const routing::Plan& plan = core.plan();
    for (const std::string& path : logs)
        if (const auto folded = journal::fold(path, core); !folded) return no_input(folded.error().message);
    const routing::State& state = core.state();
    const Timestamp now = line.logs.empty() ? std::max(state.clock, wall_clock()) : state.clock;
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
    const auto agent = config->plan->find_agent(line.about);
    const auto contact = contact_of(line.about);
    journal::FilesAbout files{{config->log.events}, 0, {}};
    if (!line.logs.empty()) {
        auto logs = journal::in_order(line.logs);
        if (!logs) return no_input(logs.error().message);
        files.paths = std::move(*logs);
    } else if (!agent && contact) {
        files = journal::files_about(*contact, config->log.events);
    }
    routing::Core core(config->plan);
    if (agent) return explain_agent(*agent, core, files.paths, line);
    if (contact) return explain_contact(*contact, core, files, line);
    std::cerr << "centrala: '" << printable(line.about) << "' is no call, such as c12, and no agent of " << line.config
              << '\n';
    return kUsage;
}

}  // namespace centrala::app
