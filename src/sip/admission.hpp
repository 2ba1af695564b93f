// What a UAS checks before its user sees a request (RFC 3261 §8.2).
#pragma once

#include <optional>
#include <string>

#include "centrala/sip/flow.hpp"
#include "centrala/sip/message.hpp"
#include "centrala/sip/user_agent.hpp"

namespace centrala::sip {

struct Refusal {
    int status;
    std::string lines;
};

/// Options that may be switched off.
struct Extensions {
    bool timer, reliable;
};

/// nullopt: go on. `within`: it has a To tag.
[[nodiscard]] std::optional<Refusal> check_request(const Message& request, const Flow& flow, bool within,
                                                   const Extensions& extensions);

}  // namespace centrala::sip
