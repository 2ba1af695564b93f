// Reads the configuration file on a thread of its own: a large one takes longer than calls may be kept waiting.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "centrala/config/config.hpp"

namespace asio {
class io_context;
}

namespace centrala::app {

class ConfigReader {
public:
    using Read = std::variant<config::Config, std::vector<config::Problem>>;
    explicit ConfigReader(asio::io_context& io) : io_(io) {}

    /// `done` is called on `io`'s thread. One at a time.
    void read(const std::string& path, std::function<void(Read)> done);

private:
    asio::io_context& io_;
    std::jthread thread_;
};

}  // namespace centrala::app
