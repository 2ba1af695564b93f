// One log in several files: logrotate moves them away and packs them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/routing/ids.hpp"

namespace centrala::journal {

/// Files of one log by when they begin. A single one isn't looked at, so that it may be a pipe; of several, empty ones
/// are left out. Error: one is unreadable or no event log, or they aren't one log, because `seq` doesn't rise.
[[nodiscard]] Result<std::vector<std::string>> in_order(std::vector<std::string> paths);

/// Where to read of a contact.
struct FilesAbout {
    std::vector<std::string> paths;  ///< oldest first; never none
    std::uint64_t passed_over = 0;   ///< rotated ones that can't be read or are no event logs
    std::string such_as;             ///< what is wrong with the first of these
};

/// The log at `path`; if the contact arrived before it begins, rotated ones, too, back to that in which it arrived, or
/// to the oldest. These are files beside it whose names begin with its own and '.' or '-', ordered by what their first
/// lines say; no more is read of them, and of no more than 10'000. If the log itself can't be read, it is all there is.
[[nodiscard]] FilesAbout files_about(routing::ContactId contact, const std::string& path);

}  // namespace centrala::journal
