// Whether a gateway is up: one lost answer isn't the end, one answer isn't the beginning.
#pragma once

#include <cstdint>

namespace centrala::calls {

class GatewayHealth {
public:
    static constexpr int kInARow = 2;  ///< so many checks must agree

    enum class Change : std::uint8_t { none, up, down };

    Change observed(bool alive) {
        if (alive == up_) {
            against_ = 0;
            return Change::none;
        }
        if (++against_ < kInARow) return Change::none;
        against_ = 0;
        up_ = alive;
        return up_ ? Change::up : Change::down;
    }
    [[nodiscard]] bool up() const { return up_; }
    /// The last check spoke against what is held: look again soon.
    [[nodiscard]] bool doubtful() const { return against_ > 0; }

private:
    int against_ = 0;
    bool up_ = true;  // a call that fails tells sooner than one that is never tried
};

}  // namespace centrala::calls
