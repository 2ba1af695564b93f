// Asks for memory that is about to be needed and hasn't been looked at for thousands of calls.
#pragma once

#include <cstddef>

namespace centrala::routing {

/// So many bytes of an object, by default all: one wait for memory instead of one for each line that is looked at.
template <class T>
inline void prefetch(const T& object, std::size_t bytes = sizeof(T)) {
    constexpr std::size_t kLine = 64;
    for (std::size_t at = 0; at < bytes; at += kLine)
        __builtin_prefetch(reinterpret_cast<const std::byte*>(&object) + at);
}

}  // namespace centrala::routing
