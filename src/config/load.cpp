// From a file to a Config or all of its mistakes. Sections are read one by one; rules over several come last.
#include "centrala/config/load.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "draft.hpp"

namespace centrala::config {
namespace {

/// The folder of the file as an absolute path, so that the daemon may change its own.
std::string folder_of(const std::string& path) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    return error ? std::string(".") : absolute.parent_path().string();
}

void read_all(Draft& draft) {
    Section root(draft.context, draft.context.root(), "");
    read_tls(draft, root);
    read_sip(draft, root);
    read_media(draft, root);
    read_registration(draft, root);
    read_trunks(draft, root);
    read_skills(draft, root);
    read_routing(draft, root);
    read_agent_groups(draft, root);
    read_queues(draft, root);
    read_schedules(draft, root);
    read_callers(draft, root);
    read_caller_lookup(draft, root);
    read_entry_points(draft, root);
    read_agents(draft, root);
    for (const auto& resolve_names : draft.after_agents) resolve_names();
    read_desk(draft, root);
    read_presence(draft, root);
    read_process(draft, root);
    read_watch(draft, root);
    root.finish();
    check_whole(draft);
    check_routing(draft);
}

}  // namespace

std::variant<Config, std::vector<Problem>> load_text(const std::string& yaml, const std::string& name) {
    auto parsed = parse_yaml(yaml, name);
    if (auto* problem = std::get_if<Problem>(&parsed)) return std::vector{std::move(*problem)};
    Context context(name, std::move(std::get<Tree>(parsed)));
    Draft draft(context, folder_of(name));
    read_all(draft);
    if (!context.sound()) return context.take_problems();
    draft.config.warnings = context.take_warnings();
    draft.config.plan = std::make_shared<const routing::Plan>(std::move(draft.plan));
    return std::move(draft.config);
}

std::variant<Config, std::vector<Problem>> load(const std::string& path) {
    const auto text = file_text(path);
    if (const auto* problem = std::get_if<Problem>(&text)) return std::vector{*problem};
    return load_text(std::get<std::string>(text), path);
}

std::variant<std::string, Problem> file_text(const std::string& path, std::size_t bytes_max) {
    const auto failed = [&](const std::string& why) { return Problem{path, 0, {}, why}; };
    std::error_code error;
    // A folder opens like a file and a pipe never ends, so only what has a size is read.
    if (!std::filesystem::exists(path, error)) return failed("no such file");
    if (!std::filesystem::is_regular_file(path, error)) return failed("expected a file");
    const auto size = std::filesystem::file_size(path, error);
    if (!error && size > bytes_max)
        return failed("expected at most " + std::to_string(bytes_max / 1'048'576) + " MiB, got " +
                      std::to_string(size) + " bytes");
    std::ifstream file(path, std::ios::binary);
    if (!file) return failed("can't be read: " + std::string(std::strerror(errno)));
    std::ostringstream text;
    text << file.rdbuf();
    if (file.bad()) return failed("can't be read: " + std::string(std::strerror(errno)));
    return std::move(text).str();
}

std::set<std::string> known_keys() {
    // One entry in each map of names makes the readers ask for all the keys that it may have.
    static const std::string kOneOfEach =
        "sip: {listen: [{wss: 127.0.0.1:0, certificate: c, private_key: k}], dns: {}}\ntrunks: {a: {digest: {}, "
        "gateways: [{}], credentials: {}, register: {}, health: {}, inbound: [{}], outbound: [{}]}}\n"
        "outside: [{}]\nskills: [a]\nqueues: {a: {relax: [{}], overflow_when: {}, sticky: {}}}\nschedules: {a: {}}\n"
        "callers: {a: {}}\ncaller_lookup: {}\nentry_points: {a: {}}\nagent_groups: {a: {}}\nagents: {a: {}}\ntrace: "
        "{hep: {}}\n";
    auto parsed = parse_yaml(kOneOfEach, "keys");
    std::set<std::string> keys;
    if (auto* tree = std::get_if<Tree>(&parsed)) {
        Context context("keys", std::move(*tree));
        context.known_keys = &keys;
        Draft draft(context, ".");
        read_all(draft);
    }
    return keys;
}

}  // namespace centrala::config
