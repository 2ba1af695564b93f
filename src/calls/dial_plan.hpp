// Which entry point a dialled number leads to, and which trunk or agent a request comes from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/by_text.hpp"
#include "centrala/config/config.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::calls {

/// Where a number that an agent dials or transfers to leads.
struct Destination {
    enum class Kind : std::uint8_t { nowhere, agent, queue, outside } kind = Kind::nowhere;
    routing::AgentId agent{};
    routing::QueueId queue{};
    std::optional<routing::EntryPointId> entry_point;  ///< that leads to the queue: the number's, or its first
    bool closed = false;                               ///< that entry point, if it was the number's
    std::string number;
};

/// Read-only view of the configuration with its indexes.
class DialPlan {
public:
    explicit DialPlan(const config::Config& config);
    /// The configuration has other agents or entry points now.
    void rebuild();

    struct Dialled {
        std::string number;
        std::optional<routing::EntryPointId> entry_point;
    };
    /// The Request-URI's user; else what the trunk's headers name; else the "*" entry point, if there is one.
    [[nodiscard]] Dialled dialled(const sip::Message& invite, const config::Trunk* trunk) const;

    /// In this order: agents' extensions and names, entry points' numbers, queues' names; any other number is outside.
    [[nodiscard]] Destination destination(std::string_view number) const;

    /// By the most specific block of `sources`; of equal ones the first in the file.
    [[nodiscard]] const config::Trunk* trunk(const IpAddress& source) const;
    /// Addresses that are this trunk's besides its `sources`, instead of those said before.
    void trust(std::size_t trunk, std::vector<IpAddress> addresses) { trusted_[trunk] = std::move(addresses); }
    [[nodiscard]] std::size_t trunk_index(const config::Trunk& trunk) const;
    /// The agent of that name, as far as it has credentials or a fixed contact.
    [[nodiscard]] const config::Agent* agent(std::string_view name) const;
    /// The agent with that extension.
    [[nodiscard]] const config::Agent* agent_at(std::string_view extension) const;
    /// The entry point with exactly that number.
    [[nodiscard]] std::optional<routing::EntryPointId> entry_point(std::string_view number) const;
    /// The agent whose fixed contact is at that address and who has no credentials of its own.
    [[nodiscard]] const config::Agent* trusted_phone(std::string_view user, const IpAddress& source) const;

private:
    const config::Config& config_;
    ByText<routing::EntryPointId> numbers_;
    ByText<const config::Agent*> agents_, extensions_;
    std::optional<routing::EntryPointId> any_;
    std::vector<std::vector<IpAddress>> trusted_;  ///< by trunk
};

/// Digits, + * # and visual separators, at least one.
[[nodiscard]] bool is_phone_number(std::string_view text);
/// The number in a URI: user part unescaped, tel: subscriber number, visual separators (RFC 3966 §5.1.1) removed
/// when it is one.
[[nodiscard]] std::string number_of(const sip::Uri& uri);

}  // namespace centrala::calls
