// The event packages that phones may subscribe to (RFC 6665 §7.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/base/time.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::presence {

enum class Package : std::uint8_t {
    dialog,           ///< RFC 4235: busy lamps
    presence,         ///< RFC 3856: PIDF and RPID
    message_summary,  ///< RFC 3842
    feature_event,    ///< BroadWorks' as-feature-event: do not disturb and the agent's state on the phone's keys
};

/// Several packages at once, e.g. those that a change shows in.
using PackageSet = unsigned;
[[nodiscard]] constexpr PackageSet set_of(Package package) {
    return 1u << static_cast<unsigned>(package);
}
inline constexpr PackageSet kAllPackages = 0xf;

[[nodiscard]] std::string_view to_string(Package package);     ///< the event type: "dialog", …
[[nodiscard]] std::string_view content_type(Package package);  ///< of its documents
/// How many documents tell the whole state; each is a NOTIFY of its own.
[[nodiscard]] unsigned documents(Package package);
/// The package that an Event value names; templates ("presence.winfo") are other packages.
[[nodiscard]] std::optional<Package> parse_package(std::string_view event);
/// "Allow-Events: …" with CR LF.
[[nodiscard]] std::string_view allow_events();
/// Whether Accept lets the package's documents through; without Accept they are what a subscriber must take.
[[nodiscard]] bool accepts(const sip::Message& request, Package package);

/// How long something is asked to live, by the rules that SUBSCRIBE (RFC 6665 §4.2.1.1) and PUBLISH (RFC 3903 §6)
/// share.
struct Lifetimes {
    Duration min = 60s, max = 3600s, otherwise = 3600s;  ///< whole seconds; `otherwise`: no Expires
};
struct Lifetime {
    int status = 200;  ///< else 400 (unreadable) or 423 (too brief)
    Duration granted{};
};
[[nodiscard]] Lifetime lifetime(const sip::Message& request, const Lifetimes& allowed);
/// "Min-Expires: …" with CR LF, for a 423.
[[nodiscard]] std::string min_expires(const Lifetimes& allowed);

}  // namespace centrala::presence
