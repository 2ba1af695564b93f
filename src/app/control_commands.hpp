// What the control socket can ask, answered from the server's read models.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/control_server.hpp"
#include "app/tracer.hpp"
#include "centrala/base/time.hpp"
#include "centrala/calls/server.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/net/sip_sockets.hpp"

namespace centrala::app {

/// How much there was a while ago, for rates. Fed once a second.
class Rates {
public:
    struct Sample {
        std::uint64_t messages = 0, calls = 0;
    };
    void add(Sample total);
    /// Of the last ten seconds.
    [[nodiscard]] double messages_per_second() const;
    /// Of the last minute.
    [[nodiscard]] std::uint64_t calls_last_minute() const;

private:
    static constexpr std::size_t kSeconds = 61;
    [[nodiscard]] const Sample& ago(std::size_t seconds) const;
    std::array<Sample, kSeconds> samples_{};
    std::size_t count_ = 0;  ///< ever added
};

/// What the daemon lends for the time of one answer.
struct ControlContext {
    calls::Server& server;
    const config::Config& config;
    journal::Stats journal;
    net::SocketStats sockets;
    const Rates& rates;
    Tracer& tracer;
    ControlClient& client;                       ///< who asks
    std::function<void(ControlClient&)> reload;  ///< the configuration; who asks is told of the outcome later
    Timestamp started, now;
    bool draining = false;
};

/// One request to one reply, both a JSON object without line end: {"cmd":"status"} … {"ok":true,…}.
/// Lists come in pages: {"cmd":"agents","from":0} answers up to kPage of them and, if there are more, "next".
/// Commands to routing fill the server's outbox: the caller ends the turn.
[[nodiscard]] std::string answer_control(std::string_view request, const ControlContext& context);

inline constexpr std::size_t kPage =
    250;  ///< so that one page costs the signalling thread well under a few milliseconds

}  // namespace centrala::app
