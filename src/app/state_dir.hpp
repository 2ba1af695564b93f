// The folder in which the daemon keeps its state, and the lock that keeps a second one out of it.
#pragma once

#include <string>

#include "centrala/base/result.hpp"

namespace centrala::app {

/// Holds `<dir>/lock` until it is destroyed, or the process dies.
class StateLock {
public:
    enum class Failure : unsigned char { cannot_create, taken };
    struct Refusal {
        Failure why = Failure::cannot_create;
        std::string message;
    };
    /// Creates the folder (mode 0750) if need be.
    static Result<StateLock, Refusal> acquire(const std::string& dir);
    ~StateLock();
    StateLock(StateLock&& other) noexcept;
    StateLock& operator=(StateLock&&) = delete;

private:
    explicit StateLock(int fd) : fd_(fd) {}
    int fd_;
};

/// The folder of a file, created with its parents if need be. Error: in words.
Result<bool> make_parent_folder(const std::string& path);

}  // namespace centrala::app
