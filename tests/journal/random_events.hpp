// A small contact centre, random events about it, and equality of events field by field.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "centrala/routing/event.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::journal::test {

[[nodiscard]] std::shared_ptr<routing::Plan> plan();

/// Everything is drawn from one seed.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    bool coin() { return below(2) == 0; }
    template <class Enum>
    Enum word(Enum last) {
        return static_cast<Enum>(below(static_cast<std::uint64_t>(last) + 1));
    }
    template <class T>
    std::optional<T> maybe(T value) {
        return coin() ? std::optional<T>(value) : std::nullopt;
    }
    Duration duration() {
        return Duration{static_cast<std::int64_t>(below(coin() ? 10'000'000'000 : 1'000'000'000'000'000))};
    }
    Timestamp time() { return Timestamp{Duration{static_cast<std::int64_t>(below(250'000'000'000'000'000))}}; }
    std::uint32_t u32() { return static_cast<std::uint32_t>(engine_()); }
    /// Valid UTF-8, whatever is awkward in JSON.
    std::string text();

private:
    std::mt19937_64 engine_;
};

/// `type`: the index of an alternative of EventBody.
[[nodiscard]] routing::EventBody random_body(Dice& d, std::size_t type);

[[nodiscard]] bool equal(const routing::Event& a, const routing::Event& b);

}  // namespace centrala::journal::test
