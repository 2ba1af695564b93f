// Who calls, and whether they want that to be shown.
#pragma once

#include <string>

#include "centrala/sip/message.hpp"

namespace centrala::calls {

struct Identity {
    std::string number;     ///< "" if there is none, or it says "anonymous"
    std::string name;       ///< display name; "" if none
    bool asserted = false;  ///< somebody trusted vouches for it; else it is what From claims
    bool withheld = false;  ///< not to be shown to who is called
};

/// `trusted`: P-Asserted-Identity (RFC 3325) or, failing that, Remote-Party-ID is believed before From. Privacy is
/// respected whoever asks for it. Texts are as long as the message had them.
[[nodiscard]] Identity caller_identity(const sip::Message& invite, bool trusted);

}  // namespace centrala::calls
