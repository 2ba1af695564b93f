// What another system is asked about a caller.
#pragma once

#include <string>
#include <string_view>

namespace centrala::calls {

struct LookupSubject {
    std::string_view caller, dialled, entry_point;  ///< from outside, but for the entry point's name
};

/// The URL of the configuration, its placeholders replaced, percent-encoded (RFC 3986 §2.1) so that nothing but a value
/// of its own can come of them.
[[nodiscard]] std::string lookup_url(std::string_view pattern, const LookupSubject& subject);

}  // namespace centrala::calls
