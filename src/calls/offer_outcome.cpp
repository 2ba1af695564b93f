// RFC 3261 §21 final answers sorted into what routing knows.
#include "offer_outcome.hpp"

namespace centrala::calls {

using routing::Outcome;

Outcome outcome_of(int status, const PhoneFacts& phone) {
    switch (status) {
        case 486:
        case 600: return phone.rang && !phone.in_other_use ? Outcome::rejected : Outcome::busy;
        case 603:
        case 607:  // RFC 8197: unwanted
            return Outcome::rejected;
        default:
            // 404, 408, 480, 487 out of the blue, 5xx, transport errors: the phone, not the person.
            return Outcome::unreachable;
    }
}

Outcome worse(Outcome a, Outcome b) {
    const auto rank = [](Outcome outcome) {
        switch (outcome) {
            case Outcome::rejected: return 2;
            case Outcome::busy: return 1;
            default: return 0;
        }
    };
    return rank(a) >= rank(b) ? a : b;
}

bool is_there(int status) {
    switch (status) {
        case 408:  // a proxy that asked it in vain, as 504
        case 430:  // a proxy whose flow to it is gone (RFC 5626 §11.6)
        case 480:  // nobody there, or do-not-disturb: an INVITE would get the same
        case 503:
        case 504: return false;
        default: return true;
    }
}

}  // namespace centrala::calls
