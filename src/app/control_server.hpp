// The control socket: a Unix stream socket, one JSON object a line in each direction.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "centrala/base/result.hpp"
#include "centrala/base/time.hpp"

namespace asio {
class io_context;
}

namespace centrala::app {

/// Whoever sent the request that is being answered.
class ControlClient : public std::enable_shared_from_this<ControlClient> {
public:
    virtual ~ControlClient() = default;
    /// From now on lines may be pushed to it, behind the reply. What it still sends is ignored; it may stay silent.
    virtual void subscribe() = 0;
    /// False when it reads too slowly: the line is not kept.
    virtual bool push(std::string_view line) = 0;
    [[nodiscard]] virtual bool gone() const = 0;
};

struct ControlLimits {
    std::size_t clients = 16;
    std::size_t line_bytes = 65'536;
    Duration patience = 10s;               ///< for a client's next line, and for it to read a reply
    std::size_t stream_bytes = 4'194'304;  ///< pushed to a subscriber and not yet read
};

/// Not thread-safe: lives on the signalling thread. The file is removed at the end.
class ControlServer {
public:
    /// Answers one line (without its LF) by one line (without LF).
    using Answer = std::function<std::string(std::string_view request, ControlClient& client)>;
    /// Replaces a file that a dead server left behind. Error: in words; a live server there is one, too.
    static Result<std::unique_ptr<ControlServer>> open(asio::io_context& io, const std::string& path,
                                                       std::uint32_t mode, ControlLimits limits, Answer answer);
    ~ControlServer();

private:
    struct Impl;
    explicit ControlServer(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

/// {"ok":false,"error":…}
[[nodiscard]] std::string control_error(std::string_view why);

}  // namespace centrala::app
