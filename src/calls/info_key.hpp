// A key told by SIP INFO in one of the two ways that phones have: application/dtmf-relay and application/dtmf. Neither
// was ever standardised; RFC 6086 §2 calls such usages legacy.
#pragma once

#include <string_view>

namespace centrala::calls {

struct InfoKey {
    int status = 200;  ///< for the response: 400 if it can't be read, 415 if it is something else
    char key = 0;      ///< 0-9 * # A-D; 0: none that means anything (a hook flash)
};

inline constexpr std::string_view kAcceptInfo = "Accept: application/dtmf-relay, application/dtmf\r\n";

[[nodiscard]] InfoKey read_info_key(std::string_view content_type, std::string_view body);

}  // namespace centrala::calls
