// Any datagrams as RTP, telephone events and RTCP. The input is cut into datagrams by a length byte each, so that state
// carries over from one to the next.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "media/dtmf_detector.hpp"
#include "media/g711.hpp"
#include "media/reception_stats.hpp"
#include "media/rtcp_packet.hpp"
#include "media/rtp_packet.hpp"
#include "media/source_latch.hpp"
#include "media/stream_rewriter.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace centrala;
    using namespace centrala::media;
    DtmfDetector dtmf;
    ReceptionStats stats;
    StreamRewriter out(1, 65000, 0xfffff000);
    SourceLatch latch;
    auto now = Timestamp(1h);
    latch.arm({IpAddress::v4({203, 0, 113, 1}), 4000}, now);
    std::span<const std::uint8_t> rest(data, size);
    while (!rest.empty()) {
        const std::size_t take = std::min<std::size_t>(rest[0], rest.size() - 1);
        std::vector<std::uint8_t> datagram(rest.begin() + 1, rest.begin() + 1 + static_cast<std::ptrdiff_t>(take));
        rest = rest.subspan(1 + take);
        now += Duration(take * 1000);
        if (const auto report = parse_rtcp(datagram, 0x01020304)) {
            RtcpBuffer buffer;
            const auto written = write_rtcp(*report, "fuzz", buffer);
            const auto back = parse_rtcp(std::span(buffer).first(written), 0x01020304);
            if (!back || !(*back == *report)) std::abort();
        }
        const auto packet = parse_rtp(datagram);
        if (!packet) continue;
        const auto port = static_cast<std::uint16_t>(4000 + packet->header.ssrc % 3);
        (void)latch.admit({IpAddress::v4({203, 0, 113, 1}), port}, packet->header.ssrc, packet->header.sequence, now);
        stats.receive(packet->header, now, packet->header.payload_type < 96);
        (void)stats.report();
        if (stats.jitter_us() > 1'000'000) std::abort();
        if (const auto key = dtmf.receive(packet->header, packet->payload); key && !*key) std::abort();
        if (const auto header = out.relayed(packet->header, now, 8)) {
            transcode(packet->payload, sdp::Codec::pcmu, sdp::Codec::pcma);
            write_rtp_header(*header, packet->payload.data() - kRtpHeaderSize);
            const auto sent =
                parse_rtp({packet->payload.data() - kRtpHeaderSize, kRtpHeaderSize + packet->payload.size()});
            if (!sent || sent->header != *header || sent->payload.size() != packet->payload.size()) std::abort();
        }
    }
    return 0;
}
