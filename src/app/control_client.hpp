// Asks the server over its control socket.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "centrala/base/result.hpp"

namespace centrala::app {

using Reply = nlohmann::ordered_json;

/// One request, one reply, an object. Blocks, at most 10 s a step. Error: in words, with what to do about it.
Result<Reply> ask(const std::string& socket_path, const Reply& request);
/// A list in all its pages: {"ok":true,"<cmd>":[…]}; or the server's refusal.
/// What the server pushes behind its reply, line by line.
struct Subscription {
    std::function<bool(std::string_view line)> line;  ///< false: enough
    std::function<void()> pause;                      ///< nothing more has come yet: time to flush
    std::optional<std::chrono::milliseconds> time;    ///< at most
};
/// One request; if the reply is ok, what follows it goes to the subscription until there is enough, the time is over or
/// the server ends. The reply.
Result<Reply> ask_and_listen(const std::string& socket_path, const Reply& request, const Subscription& subscription);
Result<Reply> ask_list(const std::string& socket_path, const std::string& cmd);

}  // namespace centrala::app
