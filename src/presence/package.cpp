// Event packages by name, and the headers that choose among them: Event, Accept, Expires (RFC 6665 §4.2.1, §8.2).
#include "centrala/presence/package.hpp"

#include <algorithm>
#include <array>

namespace centrala::presence {
namespace {

struct Entry {
    std::string_view event, type;
    unsigned documents;
};
constexpr std::array<Entry, 4> kPackages{{
    {"dialog", "application/dialog-info+xml", 1},
    {"presence", "application/pidf+xml", 1},
    {"message-summary", "application/simple-message-summary", 1},
    {"as-feature-event", "application/x-as-feature-event+xml", 2},
}};

const Entry& entry(Package package) {
    return kPackages[static_cast<std::size_t>(package)];
}

std::string_view before_parameters(std::string_view value) {
    value = value.substr(0, value.find(';'));
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return value;
}

}  // namespace

std::string_view to_string(Package package) {
    return entry(package).event;
}
std::string_view content_type(Package package) {
    return entry(package).type;
}
unsigned documents(Package package) {
    return entry(package).documents;
}

std::optional<Package> parse_package(std::string_view event) {
    const std::string_view type = before_parameters(event);
    for (std::size_t i = 0; i < kPackages.size(); ++i)
        if (type == kPackages[i].event) return static_cast<Package>(i);  // case matters: RFC 6665 §8.2.1
    return std::nullopt;
}

std::string_view allow_events() {
    return "Allow-Events: dialog, presence, message-summary, as-feature-event\r\n";
}

bool accepts(const sip::Message& request, Package package) {
    const std::string_view wanted = content_type(package);
    bool good = !request.find(sip::HeaderId::accept);
    request.each(sip::HeaderId::accept, [&](std::string_view range) {
        const std::string_view type = before_parameters(range);
        good = good || sip::iequals(type, wanted) || sip::iequals(type, "application/*") || type == "*/*";
    });
    return good;
}

Lifetime lifetime(const sip::Message& request, const Lifetimes& allowed) {
    if (!request.find(sip::HeaderId::expires)) return {200, allowed.otherwise};
    const auto seconds = request.number(sip::HeaderId::expires);
    if (!seconds) return {400, {}};
    const Duration asked = std::chrono::seconds(*seconds);
    // An hour is never too brief (RFC 6665 §4.2.1.1).
    if (asked > 0s && asked < allowed.min && asked < 1h) return {423, {}};
    return {200, std::min(asked, allowed.max)};
}

std::string min_expires(const Lifetimes& allowed) {
    return "Min-Expires: " + std::to_string(allowed.min / 1s) + "\r\n";
}

}  // namespace centrala::presence
