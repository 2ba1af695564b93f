// Who watches SIP messages now: clients of the control socket, and a Homer collector.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/control_server.hpp"
#include "app/hep_sender.hpp"
#include "centrala/trace/filter.hpp"

namespace centrala::app {

class Tracer {
public:
    /// Both are asked while a trace is active only.
    struct Calls {
        std::function<std::vector<std::string>(std::string_view contact)> legs;  ///< Call-IDs of a call's legs
        trace::Filter::CallerLeg caller_leg;
    };
    explicit Tracer(Calls calls) : calls_(std::move(calls)) {}

    /// Everything, from now on.
    void send_to(HepSender collector, bool secrets);
    /// The messages follow the reply as lines of their own (trace_line.hpp), until the client hangs up. False: there
    /// are too many watchers.
    [[nodiscard]] bool begin(trace::Wanted wanted, bool secrets, ControlClient& client);

    /// Ask first: without watchers a message costs nothing more.
    [[nodiscard]] bool active() const { return active_; }
    void see(const trace::Captured& captured);
    [[nodiscard]] std::size_t watchers() const;  ///< that are still there

    static constexpr std::size_t kWatchersMax = 8;

private:
    struct Watcher {
        std::shared_ptr<ControlClient> client;
        trace::Filter filter;
        bool secrets;
        std::uint64_t dropped = 0;
    };
    void forget_gone();

    Calls calls_;
    std::optional<HepSender> collector_;
    bool collector_secrets_ = false;
    std::vector<Watcher> watchers_;
    bool active_ = false;
    std::string masked_;
};

}  // namespace centrala::app
