// Whether an entry point lets callers in, and why. Hours are somebody else's: routing is told by EntryPointSet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/base/time.hpp"

namespace centrala::routing {

enum class DoorState : std::uint8_t {
    open,
    closing,  ///< nobody new is let in: who comes now might not be served before it closes
    closed,
};
enum class DoorCause : std::uint8_t {
    hours,    ///< those of the week; also of an entry point that has none and is always open
    holiday,  ///< those of a day that has its own
    command,
};
[[nodiscard]] std::string_view to_string(DoorState);
[[nodiscard]] std::string_view to_string(DoorCause);

inline constexpr std::size_t kDoorReasonMax = 256;  ///< bytes

struct Door {
    DoorState state = DoorState::open;
    DoorCause cause = DoorCause::hours;
    std::string reason;              ///< of a command, in somebody's words
    std::optional<Timestamp> until;  ///< when it changes; none: not by itself
    bool operator==(const Door&) const = default;
};

}  // namespace centrala::routing
