// A trunk's registration with its carrier (RFC 3261 §10.2), sans-I/O: requests out, responses in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/config/config.hpp"
#include "centrala/sip/digest.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::calls {

class TrunkRegistration {
public:
    /// `trunk` has a registration and outlives this. The first request is due at once.
    TrunkRegistration(const config::Trunk& trunk, RandomSource& random);

    enum class State : std::uint8_t {
        trying,        ///< not registered, a request is out or due
        registered,    ///< also while it is refreshed
        failed,        ///< not registered, waiting to try again
        ending,        ///< asked to remove the binding
        unregistered,  ///< over
    };
    /// What the log is to know.
    struct Change {
        enum class Kind : std::uint8_t { none, registered, failed, unregistered } kind = Kind::none;
        int status = 0;            ///< failed: the response's, 0 without one
        std::string_view cause{};  ///< failed, unregistered
        Duration time{};           ///< registered: for how long; failed: until the next attempt
    };
    /// A REGISTER without Via and Content-Length.
    struct Request {
        std::string uri, header_lines;
    };

    /// The request that is due, to be sent over `via`, whose local address becomes our Contact; at most one is out.
    [[nodiscard]] std::optional<Request> due(const sip::Flow& via, Timestamp now);
    /// The final response to it; null: none came. `another`: there is a further target to try at once.
    Change answered(const sip::Message* response, bool another, Timestamp now);
    /// The registrar can't be found, or nothing can be sent: counts as a failed attempt.
    Change unreachable(Timestamp now);
    /// The connection that it was made over is gone: it is made again, at once but not more often than each `retry`.
    void connection_lost(Timestamp now);
    /// A registration that couldn't be refreshed in time.
    Change expire(Timestamp now);
    /// No more of it: the next request that is due, if any, removes the binding.
    void end(Timestamp now);

    /// When due() or expire() has something.
    [[nodiscard]] std::optional<Timestamp> deadline() const;
    [[nodiscard]] State state() const;
    [[nodiscard]] std::optional<Timestamp> registered_until() const { return until_; }
    /// Route values for requests to the carrier (RFC 3608); empty while not registered.
    [[nodiscard]] const std::vector<std::string>& service_route() const { return service_route_; }
    [[nodiscard]] int last_status() const { return last_status_; }  ///< of the last failure; 0: no response, or none

private:
    Change accepted(const sip::Message& response, Timestamp now);
    Change challenged(const sip::Message& response, Timestamp now);
    Change failed(int status, std::string_view cause, Duration at_least, Timestamp now);
    [[nodiscard]] Duration granted(const sip::Message& response) const;
    void keep_service_route(const sip::Message& response);

    const config::TrunkRegister& config_;
    RandomSource& random_;
    std::optional<sip::DigestClient> digest_;
    std::string call_id_;
    std::uint32_t cseq_ = 0;
    std::string contact_uri_;         ///< of the last request
    Duration asked_;                  ///< the interval that we ask for: more than configured after a 423
    std::optional<Timestamp> next_;   ///< when the next request is due; none while one is out
    std::optional<Timestamp> until_;  ///< registered
    Timestamp accepted_at_{};         ///< when that was last said
    std::vector<std::string> service_route_;
    unsigned failures_ = 0;    ///< in a row
    unsigned challenges_ = 0;  ///< in this attempt
    int last_status_ = 0;
    bool out_ = false;
    bool ending_ = false;
};

}  // namespace centrala::calls
