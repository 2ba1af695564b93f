// Numbers in seven bits an octet, the lowest first; texts behind their length. Written at each turn that changes a leg,
// therefore not JSON.
#include "saved_call.hpp"

#include <cstdint>
#include <limits>

namespace centrala::calls {
namespace {

/// First in each text, and changed with the fields: a process of another version ends the calls that it can't read.
constexpr std::uint64_t kContact = 1, kDirectCall = 2, kOther = 3;

class Encoder {
public:
    explicit Encoder(std::string& out) : out_(out) {}

    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
        out_ += static_cast<char>(value);
    }
    void text(std::string_view value) {
        number(value.size());
        out_ += value;
    }
    void texts(const std::vector<std::string>& values) {
        number(values.size());
        for (const std::string& value : values) text(value);
    }
    void address(const IpAddress& value) {
        out_ += value.is_v4() ? '\4' : '\6';
        out_.append(reinterpret_cast<const char*>(value.bytes().data()), value.is_v4() ? 4 : 16);
    }
    void endpoint(const Endpoint& value) {
        address(value.address);
        number(value.port);
    }
    void session(const sip::SessionState& s) {
        const sip::Dialog& d = s.dialog;
        for (const std::string* value :
             {&d.call_id, &d.local_tag, &d.remote_tag, &d.local_party, &d.remote_party, &d.remote_target})
            text(*value);
        texts(d.route_set);
        number(d.local_cseq);
        number(static_cast<std::uint64_t>(s.flow.transport));
        endpoint(s.flow.local);
        endpoint(s.flow.remote);
        text(s.flow.domain);
        number((s.follows_route ? 1U : 0U) | (s.began ? 2U : 0U));
        text(s.branch);
        text(s.invite);
    }
    void leg(const SavedLeg& leg) {
        session(leg.session);
        const sdp::Local& l = leg.sdp;
        number(l.port);
        number(l.session_id);
        number(l.session_version);
        number(l.codecs.size());
        for (const sdp::Codec codec : l.codecs) number(static_cast<std::uint64_t>(codec));
        number(l.telephone_event);
        text(l.protocol);
        number(l.audio_at);
        texts(l.others);
    }
    void party(const std::optional<SavedParty>& party) {
        number(party ? 1 : 0);
        if (!party) return;
        leg(party->leg);
        for (const std::string* value : {&party->agent, &party->trunk, &party->name}) text(*value);
    }
    void sessions(const std::vector<sip::SessionState>& sessions) {
        number(sessions.size());
        for (const sip::SessionState& one : sessions) session(one);
    }

private:
    std::string& out_;
};

/// Once something is missing or makes no sense all that follows is empty.
class Decoder {
public:
    explicit Decoder(std::string_view in) : in_(in) {}

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool done() const { return good_ && in_.empty(); }

    std::uint64_t number(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !in_.empty(); shift += 7) {
            const auto octet = static_cast<unsigned char>(in_.front());
            in_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
            if (octet < 0x80) return value <= most ? value : fail();
        }
        return fail();
    }
    std::string text() {
        const auto size = static_cast<std::size_t>(number(in_.size()));
        if (size > in_.size()) fail();
        if (!good_) return {};
        std::string value(in_.substr(0, size));
        in_.remove_prefix(size);
        return value;
    }
    std::vector<std::string> texts() {
        std::vector<std::string> values;
        for (std::uint64_t left = number(in_.size()); good_ && left > 0; --left) values.push_back(text());
        return values;
    }
    IpAddress address() {
        const std::uint64_t family = number(6);
        const std::size_t size = family == 4 ? 4 : 16;
        if ((family != 4 && family != 6) || in_.size() < size) fail();
        if (!good_) return {};
        std::array<std::uint8_t, 16> bytes{};
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(in_[i]);
        in_.remove_prefix(size);
        return family == 4 ? IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}) : IpAddress::v6(bytes);
    }
    Endpoint endpoint() {
        const IpAddress there = address();
        return {there, static_cast<std::uint16_t>(number(0xffff))};
    }
    sip::SessionState session() {
        sip::SessionState s;
        sip::Dialog& d = s.dialog;
        for (std::string* value :
             {&d.call_id, &d.local_tag, &d.remote_tag, &d.local_party, &d.remote_party, &d.remote_target})
            *value = text();
        d.route_set = texts();
        d.local_cseq = static_cast<std::uint32_t>(number(0xffff'ffff));
        s.flow.transport = static_cast<sip::Transport>(number(sip::kTransports.size() - 1));
        s.flow.local = endpoint();
        s.flow.remote = endpoint();
        s.flow.domain = text();
        const std::uint64_t flags = number(3);
        s.follows_route = (flags & 1) != 0;
        s.began = (flags & 2) != 0;
        s.branch = text();
        s.invite = text();
        return s;
    }
    SavedLeg leg() {
        SavedLeg leg;
        leg.session = session();
        sdp::Local& l = leg.sdp;
        l.port = static_cast<std::uint16_t>(number(0xffff));
        l.session_id = number();
        l.session_version = number();
        l.codecs.clear();
        for (std::uint64_t left = number(in_.size()); good_ && left > 0; --left)
            l.codecs.push_back(static_cast<sdp::Codec>(number(1)));
        l.telephone_event = static_cast<std::uint8_t>(number(127));
        l.protocol = text();
        l.audio_at = static_cast<std::size_t>(number(std::numeric_limits<std::uint32_t>::max()));
        l.others = texts();
        return leg;
    }
    std::optional<SavedParty> party() {
        if (number(1) == 0) return std::nullopt;
        SavedParty party;
        party.leg = leg();
        for (std::string* value : {&party.agent, &party.trunk, &party.name}) *value = text();
        return party;
    }
    std::vector<sip::SessionState> sessions() {
        std::vector<sip::SessionState> sessions;
        for (std::uint64_t left = number(in_.size()); good_ && left > 0; --left) sessions.push_back(session());
        return sessions;
    }

private:
    std::uint64_t fail() {
        good_ = false;
        in_ = {};
        return 0;
    }

    std::string_view in_;
    bool good_ = true;
};

}  // namespace

void encode(const SavedContact& call, std::string& into) {
    Encoder out(into);
    out.number(kContact);
    out.text(call.call_id);
    out.leg(call.caller);
    out.party(call.partner);
    out.sessions(call.ringing);
}

void encode(const SavedDirectCall& call, std::string& into) {
    Encoder out(into);
    out.number(kDirectCall);
    out.text(call.by);
    out.number(static_cast<std::uint64_t>(call.answered_at.time_since_epoch().count()));
    out.party(call.caller);
    out.party(call.callee);
    out.sessions(call.others);
}

void encode(const SavedOther& call, std::string& into) {
    Encoder out(into);
    out.number(kOther);
    out.session(call.session);
}

std::optional<SavedCall> decode(std::string_view text) {
    Decoder in(text);
    std::optional<SavedCall> call;
    const std::uint64_t kind = in.number();
    if (kind == kContact) {
        SavedContact contact;
        contact.call_id = in.text();
        contact.caller = in.leg();
        contact.partner = in.party();
        contact.ringing = in.sessions();
        call = std::move(contact);
    } else if (kind == kDirectCall) {
        SavedDirectCall direct;
        direct.by = in.text();
        direct.answered_at = Timestamp(Duration(in.number(std::numeric_limits<std::int64_t>::max())));
        direct.caller = in.party();
        direct.callee = in.party();
        direct.others = in.sessions();
        call = std::move(direct);
    } else if (kind == kOther) {
        call = SavedOther{in.session()};
    }
    return in.done() ? std::move(call) : std::nullopt;
}

}  // namespace centrala::calls
