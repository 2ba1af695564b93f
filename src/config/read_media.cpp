// Section media: where RTP goes and what callers hear while they wait.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "draft.hpp"

namespace centrala::config {
namespace {

/// "20000-29999"
bool parse_ports(std::string_view text, Media& media) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return false;
    const auto min = parse_integer(text.substr(0, dash)), max = parse_integer(text.substr(dash + 1));
    // An RTP port is even, RTCP's is the odd one above it (RFC 3550 §11), so a range begins even and ends odd.
    if (!min || !max || *min < 1'024 || *max > 65'535 || *min >= *max || *min % 2 != 0 || *max % 2 == 0) return false;
    media.port_min = static_cast<std::uint16_t>(*min);
    media.port_max = static_cast<std::uint16_t>(*max);
    return true;
}

/// Without addresses of its own, RTP uses those of SIP: of each family the first that others can reach.
void take_over_listeners(const Sip& sip, Media& media) {
    for (const bool v4 : {true, false}) {
        const Listener* best = nullptr;
        for (const Listener& l : sip.listeners) {
            if (l.address.address.is_v4() != v4) continue;
            if (!best || (best->address.address.is_loopback() && !l.address.address.is_loopback())) best = &l;
        }
        if (!best) continue;
        media.addresses.push_back(best->address.address);
        if (!media.advertised) media.advertised = best->advertised;
    }
}

void read_addresses(Draft& draft, Section& s) {
    Context& context = draft.context;
    Media& media = draft.config.media;
    const auto item = s.take("addresses");
    const auto advertise = s.take("advertise");
    if (advertise) {
        const auto address = advertise->is_scalar() ? IpAddress::parse(advertise->text()) : std::nullopt;
        if (!address || address->is_unspecified())
            context.mismatch(*advertise, "an IP address that others can reach");
        else
            media.advertised = *address;
    }
    const std::size_t known = item ? 0 : draft.config.sip.listeners.size();
    if (!item) take_over_listeners(draft.config.sip, media);
    if (item)
        for (const Item& one : context.list(*item, "IP addresses")) {
            const auto address = one.is_scalar() ? IpAddress::parse(one.text()) : std::nullopt;
            if (!address) {
                context.mismatch(one, "an IP address");
                continue;
            }
            const auto same_family = [&](const IpAddress& a) { return a.is_v4() == address->is_v4(); };
            if (std::any_of(media.addresses.begin(), media.addresses.end(), same_family))
                context.problem(one, "expected one IPv4 and one IPv6 address at most");
            else
                media.addresses.push_back(*address);
        }
    if (item && media.addresses.empty() && context.sound()) context.problem(*item, "expected at least one IP address");
    for (const IpAddress& address : media.addresses) {
        if (!address.is_unspecified() || (media.advertised && media.advertised->is_v4() == address.is_v4())) continue;
        // A listener on any address without `advertise` has been noted already.
        if (item || known == 0)
            context.problem(*item,
                            "expected media.advertise: the address under which others reach this machine, since " +
                                address.to_string() + " is none");
    }
}

}  // namespace

void read_codecs(Context& context, const Item& item, std::vector<std::string>& into) {
    std::vector<std::string> codecs;
    for (const Item& one : context.list(item, "codecs")) {
        std::string name = one.is_scalar() ? one.text() : "";
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        if (name != "PCMA" && name != "PCMU")
            context.mismatch(one, "PCMA or PCMU");
        else if (std::find(codecs.begin(), codecs.end(), name) != codecs.end())
            context.problem(one, name + " is given twice");
        else
            codecs.push_back(std::move(name));
    }
    if (item.node->kind == Node::Kind::list && item.node->items.empty())
        context.problem(item, "expected PCMA, PCMU or both");
    if (!codecs.empty()) into = std::move(codecs);
}

void read_media(Draft& draft, Section& root) {
    Context& context = draft.context;
    Section s(context, root.take("media"), "media");
    Media& media = draft.config.media;
    read_addresses(draft, s);
    int ports_line = s.line();
    if (const auto item = s.take("ports")) {
        ports_line = item->node->line;
        if (!item->is_scalar() || !parse_ports(item->text(), media))
            context.mismatch(*item, "an even and a greater odd port from 1024 to 65535, such as 20000-29999");
    }
    for (std::size_t i = 0; i < draft.config.sip.listeners.size(); ++i) {
        const Listener& l = draft.config.sip.listeners[i];
        if (l.transport == sip::Transport::udp && l.address.port >= media.port_min && l.address.port <= media.port_max)
            context.problem(ports_line, "media.ports",
                            "expected a range without " + std::to_string(l.address.port) +
                                ", where SIP listens (line " + std::to_string(draft.listeners[i].line) + ")");
    }
    if (const auto item = s.take("codecs")) read_codecs(context, *item, media.codecs);
    s.duration("rtp_timeout", media.rtp_timeout, 0s, 24h);
    s.integer("threads", media.threads, 1, 64);
    media.sounds = draft.folder;
    if (const auto item = s.take("sounds")) context.read_folder(*item, media.sounds, draft.folder);
    s.sound("music", media.music, media.sounds);
    read_announcements(draft, s);
    s.finish();
}

}  // namespace centrala::config
