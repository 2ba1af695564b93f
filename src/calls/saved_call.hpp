// What a later process needs to go on with a call: the dialogs of its legs, as text to be kept. Of a contact the log
// has the rest, of a call that an agent placed all stands here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/sdp/sdp.hpp"
#include "centrala/sip/user_agent.hpp"

namespace centrala::calls {

struct SavedLeg {
    sip::SessionState session;
    sdp::Local sdp;  ///< what was agreed, and the port

    bool operator==(const SavedLeg&) const = default;
};

/// Who talks over a leg.
struct SavedParty {
    SavedLeg leg;
    std::string agent;  ///< "": none of ours
    std::string trunk;  ///< that carries the leg; "": none
    std::string name;   ///< as Party::name

    bool operator==(const SavedParty&) const = default;
};

struct SavedContact {
    std::string call_id;  ///< as the log has it: ids alone begin anew where a log was lost
    SavedLeg caller;
    std::optional<SavedParty> partner;       ///< whom the caller talks to
    std::vector<sip::SessionState> ringing;  ///< phones and trunks, to be left alone again

    bool operator==(const SavedContact&) const = default;
};

struct SavedDirectCall {
    std::string by;
    Timestamp answered_at{};
    std::optional<SavedParty> caller, callee;  ///< both or none: it ends with the process
    std::vector<sip::SessionState> others;     ///< legs that are dropped

    bool operator==(const SavedDirectCall&) const = default;
};

/// Of no such call: of somebody who dialled a feature code, or whom another system is being asked about …
struct SavedOther {
    sip::SessionState session;

    bool operator==(const SavedOther&) const = default;
};

using SavedCall = std::variant<SavedContact, SavedDirectCall, SavedOther>;

void encode(const SavedContact& call, std::string& into);
void encode(const SavedDirectCall& call, std::string& into);
void encode(const SavedOther& call, std::string& into);
/// nullopt: not what encode() wrote, or by another version of it.
[[nodiscard]] std::optional<SavedCall> decode(std::string_view text);

}  // namespace centrala::calls
