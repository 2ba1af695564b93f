// Reads a growing file line by line, also after it was rotated or cut.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace centrala::app {

class LogFollower {
public:
    using OnLine = std::function<void(std::string_view)>;
    LogFollower(std::string path, OnLine on_line) : path_(std::move(path)), on_line_(std::move(on_line)) {}
    ~LogFollower();
    LogFollower(const LogFollower&) = delete;
    LogFollower& operator=(const LogFollower&) = delete;

    /// Opens the file and passes on its last `lines` lines. False if it isn't there.
    bool start(std::size_t lines);
    /// Passes on what has been added since. When another file has taken the path, the rest of the old one comes first.
    /// A file that appears only now is read from its beginning.
    void poll();

private:
    bool open();
    void close();
    void read_to_end();
    [[nodiscard]] bool replaced() const;

    std::string path_;
    OnLine on_line_;
    int fd_ = -1;
    std::string partial_;  ///< a line whose end is not written yet
};

}  // namespace centrala::app
