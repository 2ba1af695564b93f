// Any datagram: an answer is hardly longer, is for the same transaction, and is itself no request.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "centrala/sip/stun.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace centrala;
    const std::span<const char> datagram(reinterpret_cast<const char*>(data), size);
    for (const char* from : {"192.0.2.1:32853", "[2001:db8::1]:1"}) {
        const sip::StunAnswer answer = sip::answer_stun(datagram, *Endpoint::parse(from));
        if (answer.size == 0) continue;
        if (!sip::is_stun(datagram) || answer.size > answer.buffer.size() || answer.size > size + 24) std::abort();
        if (std::memcmp(answer.buffer.data() + 4, data + 4, 16) != 0) std::abort();
        if (sip::answer_stun(answer.bytes(), *Endpoint::parse(from)).size != 0) std::abort();
    }
    return 0;
}
