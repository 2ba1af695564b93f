// The name of what is kept of a call: which kind of call, and its id.
#pragma once

#include <cstdint>

#include "centrala/calls/server.hpp"

namespace centrala::calls {

/// The low bits of a KeptId; the others are the call's id.
enum class KeptKind : std::uint64_t { contact, direct_call, session };
constexpr unsigned kKindBits = 2;

template <class Id>
[[nodiscard]] constexpr KeptId kept_id(KeptKind kind, Id id) {
    return static_cast<KeptId>(static_cast<std::uint64_t>(id) << kKindBits | static_cast<std::uint64_t>(kind));
}
[[nodiscard]] constexpr KeptKind kind_of(KeptId id) {
    return static_cast<KeptKind>(static_cast<std::uint64_t>(id) & ((1U << kKindBits) - 1));
}
template <class Id>
[[nodiscard]] constexpr Id id_of(KeptId id) {
    return static_cast<Id>(static_cast<std::uint64_t>(id) >> kKindBits);
}

}  // namespace centrala::calls
