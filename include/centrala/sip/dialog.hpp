// The state of a dialog as a plain value (RFC 3261 §12): what a peer, or the same process after a restart, needs to
// go on with a call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/sip/message.hpp"

namespace centrala::sip {

struct Dialog {
    std::string call_id, local_tag, remote_tag;  ///< together the dialog's id; remote_tag may be "" (RFC 2543 peers)
    std::string local_party;                     ///< From of our requests, tag included
    std::string remote_party;                    ///< To of our requests, tag included
    std::string remote_target;                   ///< the peer's Contact URI
    std::vector<std::string> route_set;          ///< name-addrs, in the order in which we send them
    std::uint32_t local_cseq = 0;
    std::optional<std::uint32_t> remote_cseq;

    bool operator==(const Dialog&) const = default;
};

/// The dialog that our response to `invite` opens (§12.1.1).
[[nodiscard]] Dialog uas_dialog(const Message& invite, std::string_view local_tag);
/// Completes a dialog that has our half (call_id, local_*, remote_party without tag, remote_target = Request-URI) by
/// the response that opens it (§12.1.2).
void complete_uac_dialog(Dialog& dialog, const Message& response);
/// Whether the request may be processed; false: 500 (§12.2.2). Takes its CSeq over.
[[nodiscard]] bool in_order(Dialog& dialog, const Message& request);
/// Takes a new target from the Contact of a target refresh request or its 2xx (§12.2).
void refresh_target(Dialog& dialog, const Message& message);
/// The URI that says where a request in this dialog goes: the first route's, without one the target's (§12.2.1.1).
[[nodiscard]] std::string_view next_hop(const Dialog& dialog);
/// Appends the Route lines of a request in this dialog and returns its Request-URI (§12.2.1.1: loose and strict
/// routers). A view into the dialog.
[[nodiscard]] std::string_view append_route(const Dialog& dialog, std::string& lines);

}  // namespace centrala::sip
