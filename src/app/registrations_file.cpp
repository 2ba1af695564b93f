// registrations.json: {"version":1,"bindings":[{"agent":…,"contact":…,…}]}; times are microseconds since the epoch.
#include "app/registrations_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace centrala::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFileVersion = 1;
constexpr std::uintmax_t kFileMax = 256U * 1024 * 1024;
constexpr std::size_t kTextMax = 4'096;
constexpr std::size_t kPathMax = 8;

/// A short text without controls: what is read here ends up in SIP headers.
bool read_text(const Json& from, const char* key, std::string& into) {
    const auto it = from.find(key);
    if (it == from.end() || !it->is_string()) return false;
    into = it->get<std::string>();
    if (into.size() > kTextMax) return false;
    for (const char c : into)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    return true;
}

template <class Int>
bool read_integer(const Json& from, const char* key, Int& into) {
    const auto it = from.find(key);
    if (it == from.end() || !it->is_number_integer()) return false;
    const auto value = it->get<std::int64_t>();
    if (!std::in_range<Int>(value)) return false;
    into = static_cast<Int>(value);
    return true;
}

bool read_endpoint(const Json& from, const char* key, Endpoint& into) {
    std::string text;
    if (!read_text(from, key, text)) return false;
    const auto endpoint = Endpoint::parse(text);
    if (endpoint) into = *endpoint;
    return endpoint.has_value();
}

/// Files of before there was a path have none.
bool read_path(const Json& json, std::vector<std::string>& path) {
    const auto it = json.find("path");
    if (it == json.end()) return true;
    if (!it->is_array() || it->size() > kPathMax) return false;
    for (const Json& hop : *it)
        if (Json wrapped{{"hop", hop}}; !read_text(wrapped, "hop", path.emplace_back())) return false;
    return true;
}

bool read_binding(const Json& json, std::string& agent, registrar::Binding& b) {
    std::int64_t expires_us = 0;
    std::string transport;
    if (!json.is_object() || !read_text(json, "agent", agent) || !read_text(json, "contact", b.contact) ||
        !read_text(json, "call_id", b.call_id) || !read_integer(json, "cseq", b.cseq) ||
        !read_integer(json, "q", b.q) || !read_integer(json, "expires_us", expires_us) ||
        !read_text(json, "transport", transport) || !read_endpoint(json, "local", b.flow.local) ||
        !read_endpoint(json, "remote", b.flow.remote) || !read_text(json, "user_agent", b.user_agent) ||
        !read_text(json, "instance", b.instance))
        return false;
    const auto known = sip::parse_transport(transport);
    if (!known) return false;
    b.flow.transport = *known;
    b.expires = Timestamp(Duration(expires_us));
    if (json.contains("reg_id") && !read_integer(json, "reg_id", b.reg_id)) return false;
    return read_path(json, b.path);
}

std::string describe(const char* what, const std::string& path) {
    return std::string(what) + " " + path + ": " + std::strerror(errno);
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

void BindingsText::set(const std::string& agent, std::span<const registrar::Binding> bindings) {
    std::string lines;
    for (const registrar::Binding& b : bindings) {
        const Json json{{"agent", agent},
                        {"contact", b.contact},
                        {"call_id", b.call_id},
                        {"cseq", b.cseq},
                        {"q", b.q},
                        {"expires_us", b.expires.time_since_epoch().count()},
                        {"transport", sip::transport_name(b.flow.transport)},
                        {"local", b.flow.local.to_string()},
                        {"remote", b.flow.remote.to_string()},
                        {"user_agent", b.user_agent},
                        {"instance", b.instance},
                        {"reg_id", b.reg_id},
                        {"path", b.path}};
        lines += ",\n" + json.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    if (lines.empty())
        by_agent_.erase(agent);
    else
        by_agent_[agent] = std::move(lines);
}

std::string BindingsText::json() const {
    std::size_t size = 64;
    for (const auto& [agent, lines] : by_agent_) size += lines.size();
    std::string text = "{\"version\":" + std::to_string(kFileVersion) + ",\"bindings\":[";
    text.reserve(size);
    const std::size_t first = text.size();
    for (const auto& [agent, lines] : by_agent_) text += lines;
    if (!by_agent_.empty()) text.erase(first, 1);  // the comma before the first
    return text += "\n]}\n";
}

Result<Bindings> bindings_from_json(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return Error{"not JSON"};
    int version = 0;
    if (!read_integer(json, "version", version)) return Error{"no version"};
    if (version != kFileVersion) return Error{"version " + std::to_string(version) + " is unknown"};
    const auto list = json.find("bindings");
    if (list == json.end() || !list->is_array()) return Error{"no list of bindings"};
    Bindings all;
    all.reserve(list->size());
    for (const Json& item : *list) {
        auto& [agent, binding] = all.emplace_back();
        if (!read_binding(item, agent, binding))
            return Error{"binding " + std::to_string(all.size()) + " is malformed"};
    }
    return all;
}

LoadedBindings load_bindings(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) {
        if (error == std::errc::no_such_file_or_directory) return {};
        return {{}, path + ": " + error.message()};
    }
    std::ifstream in(path, std::ios::binary);
    std::string text(size <= kFileMax ? size : 0, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    Result<Bindings> read = size > kFileMax ? Result<Bindings>(Error{"too long"})
                            : !in           ? Error{"can't be read"}
                                            : bindings_from_json(text);
    if (!read) {
        const std::string aside = path + ".bad";
        std::filesystem::rename(path, aside, error);
        return {{}, path + ": " + read.error().message + (error ? "; ignored" : "; moved to " + aside)};
    }
    std::erase_if(*read,
                  [](const auto& b) { return sip::is_reliable(b.second.flow.transport) && b.second.path.empty(); });
    return {std::move(*read), {}};
}

Result<bool> save_bindings(const std::string& path, std::string_view json) {
    const std::string temporary = path + ".new";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) return Error{describe("create", temporary)};
    const bool written = write_all(fd, json) && ::fsync(fd) == 0;
    if (!written) {
        const Error error{describe("write", temporary)};
        ::close(fd);
        ::unlink(temporary.c_str());
        return error;
    }
    ::close(fd);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return Error{describe("rename to", path)};
    const auto folder = std::filesystem::path(path).parent_path().string();
    const int dir = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        ::fsync(dir);
        ::close(dir);
    }
    return true;
}

BindingsWriter::BindingsWriter(std::string path, std::function<void(std::string_view)> alarm)
    : path_(std::move(path)), alarm_(std::move(alarm)), thread_([this] { run(); }) {}

BindingsWriter::~BindingsWriter() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void BindingsWriter::write(std::vector<Agent> changed) {
    {
        const std::lock_guard lock(mutex_);
        changed_.insert(changed_.end(), std::move_iterator(changed.begin()), std::move_iterator(changed.end()));
        asked_ = true;
    }
    wake_.notify_one();
}

void BindingsWriter::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return asked_ || stop_; });
        if (!asked_) return;
        asked_ = false;
        const std::vector<Agent> changed = std::exchange(changed_, {});
        lock.unlock();
        for (const Agent& agent : changed) text_.set(agent.name, agent.bindings);
        save();
        lock.lock();
    }
}

void BindingsWriter::save() {
    const auto saved = save_bindings(path_, text_.json());
    if (!saved && !failing_) alarm_("registrations can't be saved: " + saved.error().message);
    if (saved && failing_) alarm_("registrations are saved again");
    failing_ = !saved;
}

}  // namespace centrala::app
