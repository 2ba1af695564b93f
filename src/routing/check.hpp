// An impossible state stops the program, in release builds too: a wrong hand-off is worse than a restart from the
// journal.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace centrala::routing {

/// __builtin_FILE and __builtin_LINE because clang 14 has no std::source_location.
inline void check(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (holds) [[likely]]
        return;
    std::fprintf(stderr, "centrala: impossible state at %s:%d\n", file, line);
    std::abort();
}

}  // namespace centrala::routing
