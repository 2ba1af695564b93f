// Any stream: frames lie within it, come out the same however it is cut, and the parser agrees where the body ends.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "centrala/sip/message.hpp"

namespace {

using namespace centrala::sip;

void check(bool good) {
    if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream(reinterpret_cast<const char*>(data), size);
    const ParseLimits limits{.message_bytes = 2048, .headers = 64, .header_bytes = 512};
    std::string_view rest = stream;
    while (!rest.empty()) {
        const Framed f = frame(rest, limits);
        if (f.status == Framed::Status::need_more || f.status == Framed::Status::broken) break;
        check(f.skip + f.length > 0 && f.skip + f.length <= rest.size());
        if (f.status == Framed::Status::message) {
            // One octet less must not be a message yet, and must not be refused either.
            check(frame(rest.substr(0, f.skip + f.length - 1), limits).status == Framed::Status::need_more);
            std::string message(rest.substr(f.skip, f.length));
            Message m;
            const Parsed p = parse(message, m, limits);
            if (p.verdict == Verdict::complete) {
                check(m.find(HeaderId::content_length).has_value());
                check(m.body().data() + m.body().size() == message.data() + message.size());
            }
        }
        rest.remove_prefix(f.skip + f.length);
    }
    return 0;
}
