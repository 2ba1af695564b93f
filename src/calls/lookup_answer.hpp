// What another system answered about a caller: docs/operations.md, "Asking another system about callers".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/routing/advice.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::calls {

struct LookupAnswer {
    /// What was understood and isn't used: no such name, out of range, of the wrong type.
    struct Ignored {
        std::string_view key;  ///< one of ours, living as long as the program
        std::string value;     ///< as JSON, shortened
    };
    std::optional<routing::CallerListId> list;  ///< that the caller counts as being on
    std::string name;                           ///< of the caller; "": none
    routing::Advice advice;
    std::vector<Ignored> ignored;

    /// It says nothing of the caller.
    [[nodiscard]] bool empty() const { return !list && name.empty() && advice == routing::Advice{}; }
};

/// nullopt: it is no JSON object. Whoever calls bounds the size.
[[nodiscard]] std::optional<LookupAnswer> read_lookup_answer(std::string_view body, const routing::Plan& plan);

}  // namespace centrala::calls
