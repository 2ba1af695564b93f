// Asks the server over its control socket.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "centrala/base/result.hpp"

namespace centrala::app {

using Reply = nlohmann::ordered_json;

/// One request, one reply, an object. Blocks, at most 10 s a step. Error: in words, with what to do about it.
Result<Reply> ask(const std::string& socket_path, const Reply& request);
/// A list in all its pages: {"ok":true,"<cmd>":[…]}; or the server's refusal.
Result<Reply> ask_list(const std::string& socket_path, const std::string& cmd);

}  // namespace centrala::app
