// centrala reload: the server reads its configuration again and says what became of it.
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/control_client.hpp"
#include "app/exit_code.hpp"
#include "app/terminal.hpp"

namespace centrala::app {
namespace {

/// An array of texts, a line each, as what they are.
void list(std::ostream& out, const Reply& outcome, const char* key, std::string_view before) {
    const auto found = outcome.find(key);
    if (found == outcome.end() || !found->is_array()) return;
    for (const Reply& text : *found)
        if (text.is_string()) out << before << printable(text.get<std::string>()) << '\n';
}

}  // namespace

int reload(const CommandLine& line) {
    const std::string socket = control_socket(line);
    if (socket.empty()) return kConfig;
    Reply outcome;
    Subscription subscription;
    subscription.line = [&](std::string_view text) {
        outcome = Reply::parse(text, nullptr, false);
        return false;
    };
    subscription.pause = [] {};
    const auto reply = ask_and_listen(socket, {{"cmd", "reload"}}, subscription);
    if (!reply) return fail(reply.error().message);
    if (!reply->value("ok", false)) return fail(reply->value("error", "the server refused"));
    if (!outcome.is_object()) return fail("the server ended before it had read its configuration");
    const bool ok = outcome.value("ok", false);
    if (line.json) {
        std::cout << outcome.dump(2, ' ', false, Reply::error_handler_t::replace) << '\n';
    } else if (ok) {
        if (outcome.value("changes", Reply::array()).empty()) std::cout << "nothing that can change has changed\n";
        list(std::cout, outcome, "changes", "");
        list(std::cout, outcome, "at_next_start", "counts at the next start: ");
        list(std::cerr, outcome, "warnings", "centrala: warning: ");
    } else {
        list(std::cerr, outcome, "problems", "");
        std::cerr << "centrala: nothing is changed: " << printable(outcome.value("error", "the server refused"))
                  << '\n';
    }
    return ok ? kOk : outcome.contains("problems") ? kConfig : kUnavailable;
}

}  // namespace centrala::app
