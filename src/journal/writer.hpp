// Lines on their way to the file: one write a turn, a bounded backlog while the file refuses, log.lost afterwards.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "centrala/base/time.hpp"
#include "centrala/journal/journal.hpp"
#include "journal/file.hpp"

namespace centrala::journal {

/// Syncs the file from time to time on a thread of its own, so that a slow disk never stalls signalling.
class Syncer {
public:
    explicit Syncer(Duration interval);  ///< 0: no thread
    ~Syncer();
    void watch(std::shared_ptr<File> file);
    void written() { dirty_.store(true, std::memory_order_release); }
    /// -errno of the last sync that failed since the last call; 0: none.
    int take_failure() { return failure_.exchange(0, std::memory_order_acq_rel); }

private:
    void run(Duration interval);

    std::mutex mutex_;
    std::condition_variable stop_changed_;
    bool stop_ = false;
    std::shared_ptr<File> file_;
    std::atomic<bool> dirty_ = false;
    std::atomic<int> failure_ = 0;
    std::thread thread_;
};

class Writer {
public:
    struct Options {
        std::size_t backlog_max = 16 * 1024 * 1024;
        Duration sync_interval = 1s;
        Duration retry_interval = 1s;
        std::function<void(std::string_view)> alarm;
    };
    Writer(Options options, std::shared_ptr<File> file, std::uint64_t next_seq, Timestamp now);

    /// add(std::string& out, std::uint64_t seq) appends one line. A line over the backlog's limit is dropped and
    /// counted.
    template <class Add>
    void line(Add add) {
        const std::uint64_t seq = stats_.next_seq++;
        if (losing_) return lose(seq);
        const std::size_t before = pending_.size();
        add(pending_, seq);
        if (stats_.failing && pending_.size() > options_.backlog_max) {
            pending_.resize(before);
            return lose(seq);
        }
        ++stats_.lines;
    }

    /// Writes what there is. While failing, tries again only every retry_interval.
    void commit(Timestamp now);
    /// Now, even if the last attempt was a moment ago, and to the disk. False: something is still not written.
    bool flush();
    /// Another file from here on. What the old one didn't take goes to the new one, from the start of its line.
    void replace(std::shared_ptr<File> file, Timestamp now);

    [[nodiscard]] const Stats& stats() const { return stats_; }

private:
    void lose(std::uint64_t seq);
    void attempt();
    void append_lost();
    /// Writes pending_ as far as the file takes it; 0 or -errno.
    int write_pending();
    void forget_whole_lines();
    void failed(int code);
    void raise(std::string_view text) const;

    Options options_;
    std::shared_ptr<File> file_;
    std::string pending_;      ///< begins at a line's start
    std::size_t written_ = 0;  ///< of pending_, already in the file; not 0 only within a line that was written in part
    Stats stats_;
    bool losing_ = false;  ///< once one line is dropped, all are until the backlog is written: one range of seq
    std::uint64_t first_lost_ = 0, last_lost_ = 0;
    Timestamp now_;  ///< of the last commit
    Timestamp retry_at_{};
    Syncer syncer_;  ///< last: its thread ends before the rest goes
};

}  // namespace centrala::journal
