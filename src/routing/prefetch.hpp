// Asks for memory that is about to be needed and hasn't been looked at for thousands of calls.
#pragma once

#include <cstddef>
#include <utility>

namespace centrala::routing {

/// So many bytes of an object, by default all: one wait for memory instead of one for each line that is looked at.
/// nullptr: nothing.
template <std::size_t kBytes, class T>
inline void prefetch(const T* object) {
    if (!object) return;
    constexpr std::size_t kLine = 64;
    const auto* const at = reinterpret_cast<const std::byte*>(object);
    // A loop that stays one: more of them in a row fill what the processor has for lines on their way, and it waits.
    for (std::size_t line = 0; line < kBytes; line += kLine) __builtin_prefetch(at + line);
}
template <class T>
inline void prefetch(const T* object) {
    prefetch<sizeof(T)>(object);
}

}  // namespace centrala::routing
