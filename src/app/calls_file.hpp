// What is kept of live calls on disk, so that a restarted server can go on with them: one slot a call, rewritten in
// place. It outlives the process however that ends; nothing waits for the disk, so after a power cut it may be old.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/calls/server.hpp"

namespace centrala::app {

class CallsFile {
public:
    /// Longest text of a call; one with more isn't kept.
    static constexpr std::size_t kTextMax = 4'096 - 16;

    /// `alarm` is called on the first failure to write (a full disk keeps no server from starting), on recovery, for
    /// the first call that is too long, and when calls aren't taken up any more. A file that isn't one of these is
    /// moved aside to `<path>.bad`. Error: in words.
    static Result<CallsFile> open(const std::string& path, std::function<void(std::string_view)> alarm);
    ~CallsFile();
    CallsFile(CallsFile&& other) noexcept;
    CallsFile& operator=(CallsFile&&) = delete;

    /// Processes in a row that may die soon after they took up calls; the next one doesn't, for it may be these calls
    /// that kill them.
    static constexpr unsigned kAttemptsMax = 3;

    /// What the process before this one kept. It stays in the file until keep() says otherwise.
    [[nodiscard]] std::vector<calls::KeptCall> take_kept();
    /// The process has lived long enough for its calls to be none that kill it.
    void lived();
    /// "": nothing any more.
    void keep(calls::KeptId id, std::string_view text);

private:
    CallsFile(int fd, std::string path, std::function<void(std::string_view)> alarm);
    /// False: that is another kind of file.
    bool read();
    void begin();
    void write_first();
    void write(std::uint64_t slot, std::string_view bytes, std::string_view what);
    std::uint64_t slot_for(calls::KeptId id);

    int fd_;
    std::string path_;
    std::function<void(std::string_view)> alarm_;
    std::vector<calls::KeptCall> kept_;
    std::unordered_map<calls::KeptId, std::uint64_t> slots_;
    std::vector<std::uint64_t> free_;
    std::uint64_t end_ = 1;  ///< slot 0 says what the file is
    std::string record_;
    unsigned attempts_ = 0;
    bool failing_ = false, too_long_told_ = false;
};

}  // namespace centrala::app
