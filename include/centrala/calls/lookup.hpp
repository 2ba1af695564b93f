// Questions about callers, which the driver puts to another system: see Server::take_lookups().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "centrala/base/time.hpp"

namespace centrala::calls {

enum class LookupId : std::uint64_t {};

/// To be asked by HTTP GET.
struct LookupQuery {
    LookupId id{};
    std::string url;
};

struct LookupReply {
    static constexpr std::size_t kBodyMax = 16'384;  ///< bytes; a longer one is an error

    int status = 0;     ///< of HTTP; 0: there is no answer
    std::string body;   ///< with a status
    std::string error;  ///< without: why
};

struct LookupView {
    /// suspended: nobody is asked for a while; on_trial: one question is under way that decides.
    enum class State : std::uint8_t { answering, suspended, on_trial } state = State::answering;
    std::size_t under_way = 0;
    std::size_t waiting = 0;                           ///< calls that wait for an answer: who hung up doesn't
    std::uint64_t asked = 0, failed = 0, unasked = 0;  ///< calls since the start
    Duration left{};                                   ///< suspended: until the next trial; 0: the next call
};

}  // namespace centrala::calls
