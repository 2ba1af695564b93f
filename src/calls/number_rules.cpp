// Number rules: the first that matches rewrites the number's front (docs/configuration.md, "How numbers are matched").
#include "number_rules.hpp"

#include <algorithm>

namespace centrala::calls {

bool matches(std::string_view pattern, std::string_view number) {
    const bool anchored = pattern.ends_with('$');
    if (anchored) pattern.remove_suffix(1);
    if (anchored ? number.size() != pattern.size() : number.size() < pattern.size()) return false;
    return std::equal(pattern.begin(), pattern.end(), number.begin(),
                      [](char p, char n) { return p == 'X' ? n >= '0' && n <= '9' : p == n; });
}

std::string rewritten(std::string_view number, std::size_t strip, std::string_view add) {
    number.remove_prefix(std::min(strip, number.size()));
    return std::string(add).append(number);
}

std::string apply_rules(std::span<const config::NumberRule> rules, config::NumberRule::Of kind,
                        std::string_view number) {
    for (const auto& rule : rules)
        if ((rule.of == config::NumberRule::Of::both || rule.of == kind) && matches(rule.match, number))
            return rewritten(number, rule.strip, rule.add);
    return std::string(number);
}

std::optional<OutsideNumber> outside_number(std::span<const config::OutsideRule> rules, std::string_view number) {
    for (const auto& rule : rules)
        if (matches(rule.match, number)) return OutsideNumber{rewritten(number, rule.strip, rule.add), rule.trunks};
    return std::nullopt;
}

}  // namespace centrala::calls
