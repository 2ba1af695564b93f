// The caller's identity: From (RFC 3261 §20.20), P-Asserted-Identity and Privacy (RFC 3325 §9, RFC 3323 §4.2), and the
// Remote-Party-ID that carriers sent before there was a standard.
#include "identity.hpp"

#include "dial_plan.hpp"

namespace centrala::calls {
namespace {

/// RFC 3325 §9.1: one value, or one SIP and one tel URI.
constexpr std::size_t kAssertedMax = 2;

/// RFC 3323 §4.1.1.3: "Anonymous" <sip:anonymous@anonymous.invalid>; carriers put hosts of their own there.
bool is_anonymous(const sip::Uri& uri) {
    return sip::iequals(uri.user, "anonymous") || sip::iequals(uri.host, "anonymous.invalid") ||
           sip::iequals(uri.host, "unknown.invalid");
}

/// What one of the caller's addresses adds to what is known.
void take(Identity& identity, const sip::NameAddr& address) {
    if (is_anonymous(address.uri)) return;
    // The number of a tel URI is a telephone number for certain, so it goes before that of a SIP URI.
    const bool tel = sip::iequals(address.uri.scheme, "tel");
    if (identity.number.empty() || tel) identity.number = number_of(address.uri);
    if (identity.name.empty()) identity.name = address.display_text();
}

bool wants_privacy(const sip::Message& invite) {
    bool wanted = false, none = false;
    invite.each(sip::HeaderId::privacy, [&](std::string_view values) {
        while (const auto value = sip::next_item(values, ';')) {
            none = none || sip::iequals(*value, "none");
            wanted =
                wanted || sip::iequals(*value, "id") || sip::iequals(*value, "user") || sip::iequals(*value, "header");
        }
    });
    return wanted && !none;
}

/// False: there is none, or it isn't about the caller.
bool take_remote_party(Identity& identity, const sip::Message& invite) {
    bool found = false;
    invite.each(sip::HeaderId::remote_party_id, [&](std::string_view value) {
        const auto party = found ? std::nullopt : sip::parse_name_addr(value);
        if (!party || !sip::iequals(party->parameter("party").value_or("calling"), "calling")) return;
        found = true;
        take(identity, *party);
        const auto privacy = party->parameter("privacy").value_or("off");
        identity.withheld = identity.withheld || !sip::iequals(privacy, "off");
    });
    return found;
}

}  // namespace

Identity caller_identity(const sip::Message& invite, bool trusted) {
    Identity identity;
    identity.withheld = wants_privacy(invite);
    if (trusted) {
        std::size_t count = 0;
        invite.each(sip::HeaderId::p_asserted_identity, [&](std::string_view value) {
            const auto address = count < kAssertedMax ? sip::parse_name_addr(value) : std::nullopt;
            if (!address) return;
            ++count;
            take(identity, *address);
        });
        identity.asserted = count != 0 || take_remote_party(identity, invite);
    }
    // An asserted number without a name is often one whose From has the name.
    if (identity.number.empty() || identity.name.empty()) {
        const bool hidden = is_anonymous(invite.from().uri);
        if (hidden && identity.number.empty()) identity.withheld = true;
        if (!hidden && identity.number.empty()) identity.number = number_of(invite.from().uri);
        if (!hidden && identity.name.empty()) identity.name = invite.from().display_text();
    }
    return identity;
}

}  // namespace centrala::calls
