#include "patience.hpp"

#include <algorithm>

#include "sample.hpp"

namespace centrala::simulator {
namespace {

constexpr std::size_t kHangUpsInPiece = 20;
constexpr std::size_t kPiecesMax = 100;

/// How long all have waited up to some moment of their waits.
class Exposure {
public:
    explicit Exposure(std::vector<Wait> waits) : waits_(std::move(waits)) {
        std::sort(waits_.begin(), waits_.end(), [](const Wait& a, const Wait& b) { return a.waited < b.waited; });
        Duration sum{};
        for (const Wait& w : waits_) sums_.push_back(sum += w.waited);
    }
    [[nodiscard]] Duration until(Duration moment) const {
        const auto longer = std::upper_bound(waits_.begin(), waits_.end(), moment,
                                             [](Duration m, const Wait& w) { return m < w.waited; });
        const auto ended = static_cast<std::size_t>(longer - waits_.begin());
        return (ended > 0 ? sums_[ended - 1] : Duration{}) + moment * static_cast<std::int64_t>(waits_.size() - ended);
    }
    [[nodiscard]] const std::vector<Wait>& sorted() const { return waits_; }
    [[nodiscard]] Duration all() const { return sums_.empty() ? Duration{} : sums_.back(); }

private:
    std::vector<Wait> waits_;
    std::vector<Duration> sums_;
};

}  // namespace

config::Distribution patience_from(std::vector<Wait> waits) {
    using Kind = config::Distribution::Kind;
    const Exposure exposure(std::move(waits));
    std::vector<Duration> gone;
    for (const Wait& w : exposure.sorted())
        if (w.hung_up) gone.push_back(w.waited);
    if (gone.empty()) return {Kind::infinite, 0, 0, {}, {}};
    config::Distribution patience{Kind::hazard, 0, 0, {}, {}};
    const std::size_t pieces = std::clamp(gone.size() / kHangUpsInPiece, std::size_t{1}, kPiecesMax);
    Duration begin{};
    std::size_t counted = 0;
    for (std::size_t piece = 1; piece <= pieces; ++piece) {
        const bool last = piece == pieces;
        const Duration end = gone[piece * gone.size() / pieces - 1];
        if (!last && end <= begin) continue;
        const auto until =
            last ? gone.size()
                 : static_cast<std::size_t>(std::upper_bound(gone.begin(), gone.end(), end) - gone.begin());
        // Who hangs up at once has waited, too: a microsecond.
        const Duration waited = (last ? exposure.all() : exposure.until(end)) - exposure.until(begin);
        patience.rates.push_back(static_cast<double>(until - counted) / to_seconds(std::max(waited, Duration(1))));
        if (!last) patience.values.push_back(to_seconds(end));
        begin = end;
        counted = until;
    }
    return patience;
}

}  // namespace centrala::simulator
