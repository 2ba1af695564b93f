// An impossible state stops the program, in release builds too: a wrong hand-off is worse than a restart from the journal.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace centrala::routing {

inline void check(bool holds, std::source_location where = std::source_location::current()) {
    if (holds) [[likely]]
        return;
    std::fprintf(stderr, "centrala: impossible state at %s:%u in %s\n", where.file_name(),
                 static_cast<unsigned>(where.line()), where.function_name());
    std::abort();
}

}  // namespace centrala::routing
