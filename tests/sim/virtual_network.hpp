// Datagrams under way on virtual time: dropped, duplicated, delayed and so reordered, as a seed says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"
#include "centrala/sip/flow.hpp"

namespace centrala::sim {

struct Faults {
    std::uint32_t drop_permille = 0;
    std::uint32_t duplicate_permille = 0;
    Duration delay_min = 1ms, delay_max = 1ms;
};

struct Datagram {
    Endpoint from, to;
    std::string bytes;
};

class VirtualNetwork {
public:
    explicit VirtualNetwork(RandomSource& random) : random_(random) {}

    void send(Datagram datagram, Timestamp now) {
        ++sent;
        if (random_.below(1000) < faults.drop_permille) {
            ++dropped;
            return;
        }
        const int copies = random_.below(1000) < faults.duplicate_permille ? 2 : 1;
        for (int i = 0; i < copies; ++i) {
            const auto spread = static_cast<std::uint64_t>((faults.delay_max - faults.delay_min).count()) + 1;
            under_way_.emplace(
                std::pair(now + faults.delay_min + Duration(static_cast<std::int64_t>(random_.below(spread))),
                          ++order_),
                datagram);
        }
    }
    [[nodiscard]] std::optional<Timestamp> next() const {
        return under_way_.empty() ? std::nullopt : std::optional(under_way_.begin()->first.first);
    }
    std::optional<Datagram> receive(Timestamp now) {
        if (under_way_.empty() || under_way_.begin()->first.first > now) return std::nullopt;
        Datagram datagram = std::move(under_way_.begin()->second);
        under_way_.erase(under_way_.begin());
        return datagram;
    }

    Faults faults;
    std::uint64_t sent = 0, dropped = 0;

private:
    RandomSource& random_;
    std::map<std::pair<Timestamp, std::uint64_t>, Datagram> under_way_;
    std::uint64_t order_ = 0;
};

}  // namespace centrala::sim
