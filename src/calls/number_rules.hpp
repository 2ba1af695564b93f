// How numbers are written on either side of a trunk: prefixes stripped and added.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "centrala/config/config.hpp"

namespace centrala::calls {

/// Whether `number` begins like the pattern: X is any digit, other characters are themselves; with a final $ the
/// number must also end there. The empty pattern matches every number.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view number);
/// `strip` characters off the front (all of them if there are fewer), `add` before the rest.
[[nodiscard]] std::string rewritten(std::string_view number, std::size_t strip, std::string_view add);
/// The number after the first rule that is for that kind of number and matches it; as it is if none does.
[[nodiscard]] std::string apply_rules(std::span<const config::NumberRule> rules, config::NumberRule::Of kind,
                                      std::string_view number);

/// Where an outside number that an agent dialled leads.
struct OutsideNumber {
    std::string number;                   ///< without what is dialled only to get outside
    std::span<const std::size_t> trunks;  ///< in the order in which they are tried
};
/// By the first rule that matches; nullopt: no rule, so nobody may be called there.
[[nodiscard]] std::optional<OutsideNumber> outside_number(std::span<const config::OutsideRule> rules,
                                                          std::string_view number);

}  // namespace centrala::calls
