// Reads a file line by line in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "centrala/base/result.hpp"

namespace centrala::journal {

struct Tail {
    std::uint64_t bytes = 0;  ///< after the last LF
    std::string start;        ///< the first of them, at most 64
};

/// Calls on_line for each line that ends in LF, without it; false stops. A line over 64 KiB is passed on empty.
Result<Tail> for_each_line(const std::string& path, const std::function<bool(std::string_view)>& on_line);

}  // namespace centrala::journal
