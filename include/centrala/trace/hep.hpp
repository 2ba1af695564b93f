// SIP messages as HEPv3 packets for a Homer collector ("The HEP/EEP protocol", revision 36).
#pragma once

#include <cstdint>
#include <string>

#include "centrala/trace/captured.hpp"

namespace centrala::trace {

struct HepOptions {
    std::uint32_t agent_id = 2001;  ///< capture agent's number in Homer
    std::string key;                ///< "": none
};

/// What fits into one UDP datagram over IPv4. A longer message is cut.
inline constexpr std::size_t kHepPacketMax = 65'507;

/// One packet; the Call-ID is its correlation id.
void append_hep(std::string& out, const Captured& captured, std::string_view call_id, const HepOptions& options);

}  // namespace centrala::trace
