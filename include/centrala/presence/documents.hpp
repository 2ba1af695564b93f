// The documents that NOTIFYs carry: what a phone shows of an agent or a queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace centrala::presence {

/// What somebody does, in the words of RPID (RFC 4480 §3.2) that fit people who take calls.
enum class Activity : std::uint8_t {
    none,  ///< nothing to say: available
    appointment,
    away,
    breakfast,
    busy,
    dinner,
    holiday,
    meal,
    meeting,
    on_the_phone,
    permanent_absence,
    travel,
    vacation,
    working,
};
[[nodiscard]] std::string_view to_string(Activity activity);  ///< "on-the-phone", …; "" for none
[[nodiscard]] std::optional<Activity> parse_activity(std::string_view word);

/// A lamp: the one dialog that a dialog-info document tells of (RFC 4235 §3.7.1). A phone has one lamp for an agent,
/// whatever the agent does at once, and programs differ in which of several dialogs they believe.
struct Lamp {
    enum class State : std::uint8_t { dark, early, confirmed } state = State::dark;
    enum class Direction : std::uint8_t { unknown, recipient, initiator } direction = Direction::unknown;
    /// Who is at the other end; both "" unless it may be shown.
    std::string remote_uri, remote_name;
};
/// `entity`: the URI watched; `version` counts up by one a document.
[[nodiscard]] std::string dialog_info(std::string_view entity, std::uint32_t version, const Lamp& lamp);

/// PIDF (RFC 3863 §4) with an RPID activity.
struct Presentity {
    bool open = false;  ///< can be reached
    Activity activity = Activity::none;
    std::string_view note;  ///< for people; "" none
};
[[nodiscard]] std::string pidf(std::string_view entity, const Presentity& presentity);

/// RFC 3842 for somebody who has no mailbox: nothing waits.
[[nodiscard]] std::string no_messages(std::string_view account);

/// What a BroadWorks phone shows on its keys (as-feature-event).
[[nodiscard]] std::string do_not_disturb_event(std::string_view device, bool on);
enum class AgentKey : std::uint8_t { logged_off, ready, not_ready, working_after_call };
/// `reason`: the number of the not-ready reason from 1; 0: none.
[[nodiscard]] std::string agent_event(std::string_view device, AgentKey key, unsigned reason);

/// Appends `text` for use in XML content and attributes: markup escaped, what XML 1.0 §2.2 doesn't allow and broken
/// UTF-8 replaced by U+FFFD.
void append_xml(std::string& out, std::string_view text);

}  // namespace centrala::presence
