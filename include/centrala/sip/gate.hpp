// Who is let in: asked before anything is kept of a request, so that what is turned away costs next to nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "centrala/base/time.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::sip {

class Gate {
public:
    struct Verdict {
        enum class Kind : std::uint8_t { pass, drop, refuse } kind = Kind::pass;
        int status = 0;               ///< to refuse with
        std::string_view lines = {};  ///< complete header lines of that response; static
    };
    /// A request that repeats none and, if it is a CANCEL, one that cancels nothing. Never ACK, which isn't answered.
    [[nodiscard]] virtual Verdict judge(const Message& request, const Flow& from, Timestamp now) = 0;
    /// Bytes that are no request: `pass` answers with `status`, 0 for what can't be answered.
    [[nodiscard]] virtual Verdict judge_malformed(int status, const Flow& from, Timestamp now) = 0;

protected:
    ~Gate() = default;
};

}  // namespace centrala::sip
