// SIP messages as a pcap file that Wireshark, tshark, sngrep and tcpdump read.
#pragma once

#include <cstdint>
#include <string>

#include "centrala/trace/captured.hpp"

namespace centrala::trace {

/// Packets are made up from what is known of a message: an IP packet (LINKTYPE_RAW) with a UDP datagram in it from the
/// sender's address and port to the receiver's, whatever the transport was: what came over TCP, TLS or WebSocket is
/// shown decrypted and unframed, its Via tells the transport. Only a message too long for a datagram becomes TCP
/// segments. Should the addresses be of different families, IPv4 is mapped into IPv6.
class PcapWriter {
public:
    /// The file's 24 bytes of header.
    void append_header(std::string& out) const;
    void append(std::string& out, const Captured& captured);

private:
    std::uint32_t sequence_ = 1;  ///< of made-up TCP segments
};

}  // namespace centrala::trace
