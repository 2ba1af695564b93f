// Bindings of agents' softphones (RFC 3261 §10.3), sans-I/O. Authentication is done before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::registrar {

struct Policy {
    Duration expires_default = 300s, expires_min = 30s, expires_max = 3600s;
    std::size_t contacts_max = 8;              ///< an agent; past it 403
    std::vector<std::string> service_route{};  ///< told to phones in 200 (RFC 3608), "<sip:…;lr>" each
    Duration flow_timer =
        0s;  ///< told to outbound phones on connections (RFC 5626 §5.4): their pings' interval; 0: not
};

struct Binding {
    std::string contact;  ///< the URI as registered, with its URI parameters
    std::string call_id;
    std::uint32_t cseq = 0;
    std::uint16_t q = 1000;  ///< thousandths
    Timestamp expires{};
    sip::Flow flow;  ///< where the REGISTER came from; requests go back there (symmetric NAT)
    std::string user_agent;
    std::string instance;           ///< +sip.instance; "" if none
    std::uint32_t reg_id = 0;       ///< which of the instance's flows (RFC 5626 §4.2); 0: not an outbound registration
    std::vector<std::string> path;  ///< Route values of requests to it, "<sip:edge;lr>" each (RFC 3327)
    bool operator==(const Binding&) const = default;
};

/// Answer to a REGISTER: send it as it is.
struct Outcome {
    int status = 200;
    std::string header_lines;  ///< Contact …, Path, Min-Expires, Date: complete lines
    enum class Change : std::uint8_t {
        none,
        registered,
        refreshed,
        unregistered
    } change = Change::none;  ///< of the agent as a whole
};

class Registrar {
public:
    explicit Registrar(Policy policy);
    ~Registrar();

    /// RFC 3261 §10.3 steps 5–8, all or nothing. `aor` is the agent's name. Same-instance or same-flow contacts replace
    /// each other; with outbound (RFC 5626) only those of the same instance and reg-id do. `edge_proxy`: the request
    /// comes from a proxy whose Path is to be believed; anybody else's is ignored, for it would redirect calls.
    Outcome process(std::string_view aor, const sip::Message& request, const sip::Flow& flow, Timestamp now,
                    bool edge_proxy = false);
    /// Best first: q, then the latest.
    [[nodiscard]] std::span<const Binding> bindings(std::string_view aor) const;
    /// Drops what has expired; the agents who lost their last binding.
    std::vector<std::string> expire(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline();
    /// A connection is gone, and with it the bindings that only it could reach (not those with a Path); agents who lost
    /// their last binding.
    std::vector<std::string> connection_closed(std::uint64_t connection);
    [[nodiscard]] std::size_t size() const;  ///< bindings in all
    /// Whether some binding's REGISTER came from that address.
    [[nodiscard]] bool has_binding_from(const IpAddress& address) const;

    [[nodiscard]] bool reachable_over(std::uint64_t connection) const;  ///< does any binding need it?

    /// For the state file: the agents whose bindings changed since this was last asked, each once.
    [[nodiscard]] std::vector<std::string> take_changed();
    [[nodiscard]] std::vector<std::pair<std::string, Binding>> all() const;
    void restore(std::string aor, Binding binding, Timestamp now);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace centrala::registrar
