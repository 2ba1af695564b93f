// What a queue has learned about its waits, in integers that are alike on every machine. docs/routing.md, "Estimates",
// says how well it does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "centrala/base/time.hpp"

namespace centrala::routing {

/// What a caller can be told.
struct WaitEstimate {
    Duration expected{};          ///< from entering the queue to the conversation, at most kWaitMax
    std::optional<Duration> p80;  ///< four in five wait no longer; none: an agent is free, only the phone has to ring
    bool operator==(const WaitEstimate&) const = default;
};
inline constexpr Duration kWaitMax = 24h;

/// What can be seen as a caller comes, each as the wait that it suggests. The estimate is a combination of these.
struct WaitSigns {
    Duration gap{};   ///< between two calls taken from the queue while calls wait there; not 0
    Duration line{};  ///< the queue's own line at that pace, some of it giving up meanwhile
    Duration all{};   ///< all who wait anywhere, by all agents at work
    bool operator==(const WaitSigns&) const = default;
};

/// What a contact was told, and what it was made from.
struct Foreseen {
    WaitEstimate estimate;
    WaitSigns signs;
    bool operator==(const Foreseen&) const = default;
};

/// How far off the estimates were, of contacts that had to wait in line and were answered: means over the latest
/// kOf, or as many as there were.
struct WaitErrors {
    static constexpr std::int64_t kOf = 1024;
    static constexpr std::int64_t kAll = 1 << 16;  ///< all of them
    std::uint64_t calls = 0;                       ///< ever
    Duration bias{};                               ///< expected less actual
    Duration absolute{};
    std::int64_t square = 0;   ///< square milliseconds
    std::int64_t covered = 0;  ///< waited no longer than p80; of kAll

    void add(const WaitEstimate& told, Duration waited);
    /// Root of the mean square.
    [[nodiscard]] Duration root() const;
    bool operator==(const WaitErrors&) const = default;
};

/// Means of the latest kMemory or so: older ones fade. Bounded, O(1) for each event.
class WaitModel {
public:
    static constexpr std::int64_t kMemory = 4096;
    static constexpr std::int64_t kOne = 1 << 20;        ///< a call, in `served` and `gone`
    static constexpr std::int64_t kSpreadOne = 1 << 16;  ///< 1, in `spread`
    static constexpr std::int64_t kWeightOne = 1 << 24;  ///< 1, in `weights`
    static constexpr std::size_t kSigns = 3;

    /// The queue's line has somebody in it now, whom `staffed` agents might serve.
    void backlog_begins(Timestamp now) { since = now; }
    /// The line changes, or the agents: until now it was `staffed` agents'.
    void backlog_lasts(Timestamp now, std::uint32_t staffed);
    void backlog_ends() { since.reset(); }
    /// A contact that had stood in line was answered.
    void answered();
    /// A contact left the line for good after `wait`; `gave_up`: hung up.
    void waited(Duration wait, bool gave_up);
    /// An agent's work on one contact, wrap-up included.
    void handled(Duration took);
    /// The phone of the agent who answered.
    void rang(Duration rang);
    /// A contact that stood in line was answered after `waited`, the last `rang` of it ringing.
    void learn(const Foreseen& foreseen, Duration waited, Duration rang);

    [[nodiscard]] WaitSigns signs(std::size_t ahead, std::uint32_t staffed, std::size_t all_ahead,
                                  std::uint32_t all_staffed) const;
    [[nodiscard]] WaitEstimate in_line(const WaitSigns& signs) const;
    [[nodiscard]] WaitEstimate at_once() const { return {ringing, std::nullopt}; }
    /// From the sums. For who has put them there.
    void solve();

    std::optional<Timestamp> since;  ///< calls wait: up to when their agents' time is counted
    std::int64_t served = 0;         ///< contacts that were taken out of the line
    std::int64_t agent_time = 0;     ///< microseconds of all agents who served it while somebody was in it
    std::int64_t gone = 0;           ///< contacts that hung up in line
    std::int64_t wait_time = 0;      ///< microseconds that these and the answered stood in line
    Duration handling{}, ringing{};
    std::uint32_t handling_of = 0, ringing_of = 0;                ///< how many these means are of, at most kMemory
    std::array<std::int64_t, kSigns*(kSigns + 1) / 2> squares{};  ///< least squares: normal equations, row by row
    std::array<std::int64_t, kSigns> products{};
    std::array<std::int64_t, kSigns> weights{};  ///< of line, gap and all in what is added to line; by solve()
    std::int64_t spread = kSpreadOne * 5 / 8;    ///< p80 = expected + spread · √(wait in line · gap)
    WaitErrors errors;

    bool operator==(const WaitModel&) const = default;
};

/// gap / (1 + i · gap / patience), summed over i from 0 to `ahead`: how long until so many and one more have left the
/// head of a line from which each also hangs up after `patience` in the mean. At most kWaitMax.
[[nodiscard]] Duration drained_after(std::size_t ahead, Duration gap, std::optional<Duration> patience);

}  // namespace centrala::routing
