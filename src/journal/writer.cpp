// The journal's writing end. The file is at every moment a prefix of the stream of lines: a short write is carried on
// where it stopped, and a gap in seq appears only together with the log.lost that names it.
#include "journal/writer.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace centrala::journal {
namespace {

/// A backlog's memory is given back once it is written.
constexpr std::size_t kKeptCapacity = 1024 * 1024;

}  // namespace

Syncer::Syncer(Duration interval) {
    if (interval > 0s) thread_ = std::thread([this, interval] { run(interval); });
}

Syncer::~Syncer() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    stop_changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Syncer::watch(std::shared_ptr<File> file) {
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
}

void Syncer::run(Duration interval) {
    std::unique_lock lock(mutex_);
    while (!stop_changed_.wait_for(lock, interval, [this] { return stop_; })) {
        if (!dirty_.exchange(false, std::memory_order_acq_rel)) continue;
        const auto file = file_;
        lock.unlock();
        if (const int result = file->sync(); result < 0) failure_.store(result, std::memory_order_release);
        lock.lock();
    }
}

Writer::Writer(Options options, std::shared_ptr<File> file, std::uint64_t next_seq, Timestamp now)
    : options_(std::move(options)), file_(std::move(file)), now_(now), syncer_(options_.sync_interval) {
    stats_.next_seq = next_seq;
    syncer_.watch(file_);
}

void Writer::lose(std::uint64_t seq) {
    if (!losing_) {
        losing_ = true;
        first_lost_ = seq;
        raise("the backlog is full: events are being lost");
    }
    last_lost_ = seq;
    ++stats_.lost;
}

void Writer::commit(Timestamp now) {
    now_ = now;
    if (pending_.empty() && !losing_) return;
    if (stats_.failing && now < retry_at_) return;
    attempt();
}

void Writer::attempt() {
    int result = write_pending();
    if (result == 0 && losing_) {
        // Everything before the gap is in the file: now its explanation, then the lines after it.
        append_lost();
        result = write_pending();
    }
    if (result < 0) return failed(result);
    if (std::exchange(stats_.failing, false)) raise("is written again");
    if (const int sync_result = syncer_.take_failure(); sync_result < 0) {
        ++stats_.failures;
        raise(std::string("can't be synced to disk: ") + std::strerror(-sync_result));
    }
}

void Writer::append_lost() {
    const auto first = static_cast<std::int64_t>(first_lost_);
    const auto last = static_cast<std::int64_t>(last_lost_);
    format(pending_, stats_.next_seq++, now_, "log.lost",
           {{"first_seq", first}, {"last_seq", last}, {"count", last - first + 1}});
    ++stats_.lines;
    losing_ = false;
}

int Writer::write_pending() {
    while (written_ < pending_.size()) {
        const std::int64_t taken = file_->write(std::string_view(pending_).substr(written_));
        ++stats_.writes;
        if (taken <= 0) {
            forget_whole_lines();
            return taken < 0 ? static_cast<int>(taken) : -EIO;
        }
        written_ += static_cast<std::size_t>(taken);
        stats_.bytes += static_cast<std::uint64_t>(taken);
    }
    if (pending_.capacity() > kKeptCapacity) pending_ = {};
    pending_.clear();
    written_ = 0;
    syncer_.written();
    return 0;
}

void Writer::forget_whole_lines() {
    if (written_ == 0) return;
    const std::size_t last = pending_.rfind('\n', written_ - 1);
    if (last == std::string::npos) return;
    pending_.erase(0, last + 1);
    written_ -= last + 1;
}

void Writer::failed(int code) {
    ++stats_.failures;
    retry_at_ = now_ + options_.retry_interval;
    if (std::exchange(stats_.failing, true)) return;
    raise(std::string("can't be written: ") + std::strerror(-code));
}

bool Writer::flush() {
    if (!pending_.empty() || losing_) attempt();
    if (const int result = file_->sync(); result < 0) {
        ++stats_.failures;
        raise(std::string("can't be synced to disk: ") + std::strerror(-result));
        return false;
    }
    return pending_.empty();
}

void Writer::replace(std::shared_ptr<File> file, Timestamp now) {
    now_ = now;
    if (!pending_.empty()) attempt();
    if (written_ > 0) {
        // The old file keeps whole lines only; if it can't be cut, its reader drops the torn one.
        static_cast<void>(file_->cut_tail(written_));
        written_ = 0;
    }
    static_cast<void>(file_->sync());
    file_ = std::move(file);
    syncer_.watch(file_);
    if (!pending_.empty() || losing_) attempt();
}

void Writer::raise(std::string_view text) const {
    if (options_.alarm) options_.alarm(text);
}

}  // namespace centrala::journal
