#include "centrala/sip/retry_after.hpp"

#include "sip/chars.hpp"

namespace centrala::sip {

// Retry-After = delta-seconds [comment] *(SEMI retry-param)
std::optional<std::chrono::seconds> retry_after(const Message& message) {
    const auto value = message.find(HeaderId::retry_after);
    if (!value) return std::nullopt;
    const std::string_view digits = chars::trim(value->substr(0, value->find_first_of("(;")));
    std::uint64_t seconds = 0;
    if (!chars::read_decimal(digits, 0xffff'ffffU, seconds)) return std::nullopt;
    return std::chrono::seconds(seconds);
}

}  // namespace centrala::sip
