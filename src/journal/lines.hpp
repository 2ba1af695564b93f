// Reads a file line by line in bounded memory, unpacking what gzip has packed.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "centrala/base/result.hpp"

namespace centrala::journal {

inline constexpr std::size_t kLongestLine = 64 * 1024;

struct Tail {
    std::uint64_t bytes = 0;  ///< after the last LF
    std::string start;        ///< the first of them, at most 64
    bool packed = false;      ///< by gzip
};

/// Calls on_line for each line that ends in LF, without it; false stops. A line over kLongestLine is passed on empty.
/// Reads no more than `at_most` bytes, as they are unpacked. Error: unreadable, or packed and then damaged or cut off;
/// the lines before that have been passed on.
Result<Tail> for_each_line(const std::string& path, const std::function<bool(std::string_view)>& on_line,
                           std::uint64_t at_most = std::numeric_limits<std::uint64_t>::max());

}  // namespace centrala::journal
