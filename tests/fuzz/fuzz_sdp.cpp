// Any text as an offer, within a session too, and as an answer; what we answer, and what we offer after it, must itself
// be readable, with as many streams.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "centrala/sdp/sdp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace centrala;
    const auto description = sdp::parse({reinterpret_cast<const char*>(data), size});
    if (!description.ok()) return 0;
    sdp::Local local;
    local.address = IpAddress::v4({192, 0, 2, 1});
    local.port = 30000;
    const auto accepted = sdp::accept(*description, local);
    if (accepted.ok() && accepted->remote.port == 0 && !accepted->held && accepted->payload_type > 127) std::abort();
    const auto answer = sdp::answer_again(*description, local);
    if (!answer.ok()) return 0;
    const auto again = sdp::parse(answer->sdp);
    if (!again.ok() || again->media.size() != description->media.size()) std::abort();
    sdp::keep_to(local, *description, answer->stream, answer->audio);
    const auto next = sdp::parse(sdp::write_offer(local));
    if (!next.ok() || next->media.size() != description->media.size()) std::abort();
    return 0;
}
