// The Replaces header (RFC 3891 §6.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace centrala::calls {

struct Replaces {
    std::string call_id, to_tag, from_tag;  ///< as seen by the receiver: to_tag is ours
    bool early_only = false;
};

/// callid;to-tag=…;from-tag=… with each tag exactly once; nullopt: malformed.
[[nodiscard]] std::optional<Replaces> parse_replaces(std::string_view value);

}  // namespace centrala::calls
