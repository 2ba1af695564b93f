// Number, trunk and agent look-up over the configuration.
#include "dial_plan.hpp"

#include <algorithm>

#include "diversion.hpp"
#include "number_rules.hpp"

namespace centrala::calls {
namespace {

constexpr std::size_t kNumberMax = 128;

}  // namespace

bool is_phone_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || c == '+' || c == '*' || c == '#' || c == '-' || c == '.' || c == '(' ||
               c == ')';
    });
}

std::string number_of(const sip::Uri& uri) {
    std::string number = sip::unescape(uri.user);
    if (const auto params = number.find(';'); params != std::string::npos) number.resize(params);
    if (is_phone_number(number))
        std::erase_if(number, [](char c) { return c == '-' || c == '.' || c == '(' || c == ')'; });
    if (number.size() > kNumberMax) number.resize(kNumberMax);
    return number;
}

DialPlan::DialPlan(const config::Config& config) : config_(config), trusted_(config.trunks.size()) {
    rebuild();
}

void DialPlan::rebuild() {
    numbers_.clear();
    any_.reset();
    agents_.clear();
    extensions_.clear();
    for (const auto& entry : config_.entry_points)
        for (const auto& number : entry.numbers) {
            if (number == "*")
                any_ = entry.id;
            else
                numbers_.emplace(number, entry.id);
        }
    for (const auto& agent : config_.agents) {
        const routing::Agent& planned = config_.plan->agents[index(agent.id)];
        if (planned.retired) continue;
        agents_.emplace(planned.name, &agent);
        if (!agent.extension.empty()) extensions_.emplace(agent.extension, &agent);
    }
}

std::optional<routing::EntryPointId> DialPlan::entry_point(std::string_view number) const {
    const auto found = numbers_.find(number);
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

DialPlan::Dialled DialPlan::dialled(const sip::Message& invite, const config::Trunk* trunk) const {
    const auto as_ours = [&](const std::string& number) {
        return trunk ? apply_rules(trunk->inbound, config::NumberRule::Of::dialled, number) : number;
    };
    Dialled result{as_ours(number_of(invite.request_uri())), std::nullopt};
    result.entry_point = entry_point(result.number);
    if (result.entry_point) return result;
    if (trunk) {
        for (const auto& name : trunk->dialled_number_headers) {
            for (const std::string& theirs : numbers_of(invite, name)) {
                std::string number = as_ours(theirs);
                if (const auto entry = entry_point(number)) return {std::move(number), entry};
            }
        }
    }
    result.entry_point = any_;
    return result;
}

Destination DialPlan::destination(std::string_view number) const {
    Destination to;
    to.number = std::string(number);
    const config::Agent* called = agent_at(number);
    if (!called) called = agent(number);
    if (called) {
        to.kind = Destination::Kind::agent;
        to.agent = called->id;
    } else if (const auto entry = entry_point(number)) {
        to.kind = Destination::Kind::queue;
        to.queue = config_.plan->entry_points[index(*entry)].queue;
        to.entry_point = entry;
        to.closed = config_.plan->entry_points[index(*entry)].closed;
    } else if (const auto queue = config_.plan->find_queue(number)) {
        to.kind = Destination::Kind::queue;
        to.queue = *queue;
        const auto& doors = config_.plan->entry_points;
        const auto door =
            std::find_if(doors.begin(), doors.end(), [&](const auto& d) { return d.queue == *queue && !d.retired; });
        if (door != doors.end()) to.entry_point = static_cast<routing::EntryPointId>(door - doors.begin());
    } else if (is_phone_number(number)) {
        to.kind = Destination::Kind::outside;
    }
    return to;
}

const config::Trunk* DialPlan::trunk(const IpAddress& source) const {
    const config::Trunk* found = nullptr;
    int longest = -1;
    for (const auto& trunk : config_.trunks)
        for (const auto& subnet : trunk.sources)
            if (subnet.prefix > longest && subnet.contains(source)) {
                found = &trunk;
                longest = subnet.prefix;
            }
    if (longest == (source.is_v4() ? 32 : 128)) return found;
    for (std::size_t i = 0; i < trusted_.size(); ++i)
        if (std::find(trusted_[i].begin(), trusted_[i].end(), source) != trusted_[i].end()) return &config_.trunks[i];
    return found;
}

std::size_t DialPlan::trunk_index(const config::Trunk& trunk) const {
    return static_cast<std::size_t>(&trunk - config_.trunks.data());
}

const config::Agent* DialPlan::agent(std::string_view name) const {
    const auto found = agents_.find(name);
    return found == agents_.end() ? nullptr : found->second;
}

const config::Agent* DialPlan::agent_at(std::string_view extension) const {
    const auto found = extensions_.find(extension);
    return found == extensions_.end() ? nullptr : found->second;
}

const config::Agent* DialPlan::trusted_phone(std::string_view user, const IpAddress& source) const {
    const config::Agent* found = agent(user);
    if (!found || !found->contact || !found->secret.user.empty()) return nullptr;
    const auto uri = sip::parse_uri(*found->contact);
    const auto address = uri ? IpAddress::parse(uri->host) : std::nullopt;
    return address == source ? found : nullptr;
}

}  // namespace centrala::calls
