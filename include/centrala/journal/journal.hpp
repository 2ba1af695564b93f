// The append-only event log: NDJSON, one fact a line, `seq` without gaps. The signalling thread appends and commits;
// one write(2) a turn, before the turn's datagrams leave.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "centrala/base/result.hpp"
#include "centrala/base/time.hpp"
#include "centrala/routing/core.hpp"
#include "centrala/routing/event.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::journal {

/// One field of a record that is not routing's: server.*, security.*, log.*, registrar.*, media.*.
struct Field {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, bool> value;
};
/// One that is left out if there is nothing to say.
[[nodiscard]] inline Field unless_empty(std::string_view key, std::string_view value) {
    return {value.empty() ? std::string_view() : key, value};
}

/// As the log writes them: c12, o12.
[[nodiscard]] std::string to_text(routing::ContactId id);
[[nodiscard]] std::string to_text(routing::OfferId id);
/// 2026-11-23T09:12:33.481022Z
[[nodiscard]] std::string to_text(Timestamp at);

/// What `calls` appends to; the daemon gives it a Journal, tests a vector.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void append(const routing::Event& event) = 0;
    /// type: "security.refused", "server.started" … ; docs/events.md lists them all with their fields. A field without
    /// a key is left out.
    virtual void append(Timestamp at, std::string_view type, std::initializer_list<Field> fields) = 0;
};

/// Strings over 2 KiB (escaped) are cut and end in "…", a line is never over 16 KiB; "truncated":true says that it
/// happened. One complete line with LF: {"seq":…,"ts":"…","type":"…","v":1,…}. Names come from the plan.
void format(std::string& out, std::uint64_t seq, const routing::Event& event, const routing::Plan& plan);
void format(std::string& out, std::uint64_t seq, Timestamp at, std::string_view type,
            std::initializer_list<Field> fields);

struct Stats {
    std::uint64_t next_seq = 1, lines = 0, bytes = 0, writes = 0, failures = 0, lost = 0;
    bool failing = false;
};

/// What was read back.
struct Recovery {
    std::uint64_t first_seq = 0;  ///< 0: nothing is there
    std::uint64_t next_seq = 1;
    std::uint64_t events = 0;     ///< routing's, applied
    std::uint64_t skipped = 0;    ///< names no longer in the plan, unknown types, damaged lines
    std::uint64_t snapshots = 0;  ///< log.opened seen: each begins the state anew
    std::uint64_t torn_bytes = 0;
    bool packed = false;  ///< by gzip: to be read only
};

/// A file. On a failed or short write it raises the alarm once, keeps up to `backlog_max` bytes, then counts what
/// it must drop; when the file takes writes again it first writes `log.lost` with the range of seq, so nothing is
/// silent.
class Journal : public Sink {
public:
    struct Options {
        std::string path;
        std::size_t backlog_max = 16 * 1024 * 1024;
        Duration sync_interval = 1s;   ///< fdatasync from a thread of its own; 0: never
        Duration retry_interval = 1s;  ///< after a failure
        std::function<void(std::string_view)>
            alarm;  ///< on failure, on the first loss, on resumption: "can't be written: No space left on device"
    };
    /// Folds the existing file into `core` (see Recovery), cuts off a torn last line, then continues its `seq`. The
    /// file is locked: a second server on the same log is refused. `core` and its plan aren't needed afterwards. Error:
    /// file can't be opened or isn't a journal.
    static Result<std::unique_ptr<Journal>> open(Options options, routing::Core& core, Timestamp now);
    ~Journal() override;

    void append(const routing::Event& event) override;
    void append(Timestamp at, std::string_view type, std::initializer_list<Field> fields) override;
    /// The turn's lines in one write. Cheap when there is nothing.
    void commit(Timestamp now);
    /// SIGHUP: opens the path anew (logrotate has moved the old file) and begins with log.opened and snapshots of
    /// everything, so that the new file alone restores the state. Between turns, when `state` has no event that isn't
    /// appended. Call it too when stats().lost has grown: what follows the gap then stands by itself again.
    /// If the path can't be opened the old file goes on. Value: true if it is another file now.
    Result<bool> reopen(const routing::State& state, Timestamp now);
    /// After a reload of the configuration: names come from here on from this plan. The journal keeps a copy.
    void set_plan(const routing::Plan& plan);
    void sync();                                     ///< at shutdown: everything on disk
    [[nodiscard]] const Recovery& recovery() const;  ///< what open() found
    [[nodiscard]] Stats stats() const;

private:
    struct Impl;
    explicit Journal(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Reads a journal, packed by gzip or not: parses each line back into a routing event where it is one, and snapshots
/// into the state. A torn last line (power cut) is passed over; open() cuts it off. The core should be new, or have
/// folded the file before this one. `before` sees each event while the core is still in the state that decided it.
/// Error: unreadable, or not a journal.
Result<Recovery> fold(const std::string& path, routing::Core& core,
                      const std::function<void(const routing::Event&)>& before = {});

}  // namespace centrala::journal
