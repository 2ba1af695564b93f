// The journal: opens, recovers, appends a turn's records, commits them in one write, starts a new file on request.
#include "centrala/journal/journal.hpp"

#include <utility>

#include "journal/file.hpp"
#include "journal/snapshot.hpp"
#include "journal/writer.hpp"

namespace centrala::journal {

struct Journal::Impl {
    std::string path;
    routing::Plan plan;
    Recovery recovery;
    std::shared_ptr<DiskFile> file;
    Writer writer;
};

namespace {

void format_recovery(std::string& out, std::uint64_t seq, Timestamp now, const Recovery& recovery) {
    const auto count = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    format(out, seq, now, "log.recovered",
           {{"events", count(recovery.events)},
            {"skipped", count(recovery.skipped)},
            {"snapshots", count(recovery.snapshots)},
            {"torn_bytes", count(recovery.torn_bytes)}});
}

}  // namespace

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Journal::~Journal() {
    sync();
}

Result<std::unique_ptr<Journal>> Journal::open(Options options, routing::Core& core, Timestamp now) {
    auto opened = DiskFile::open(options.path);
    if (!opened) return opened.error();
    const std::shared_ptr<DiskFile> file = std::move(opened).value();
    Recovery recovery;
    if (file->regular() && file->size() > 0) {
        const auto folded = fold(options.path, core);
        if (!folded) return folded.error();
        recovery = *folded;
        if (recovery.packed) return Error{options.path + ": is packed by gzip, and can't be continued"};
        if (recovery.torn_bytes > 0 && file->cut_tail(recovery.torn_bytes) < 0) {
            return Error{options.path + ": its torn last line can't be cut off"};
        }
    }
    Writer::Options writing{options.backlog_max, options.sync_interval, options.retry_interval,
                            std::move(options.alarm)};
    auto impl = std::unique_ptr<Impl>(
        new Impl{options.path, core.plan(), recovery, file, Writer(std::move(writing), file, recovery.next_seq, now)});
    if (recovery.next_seq == 1) {
        write_snapshot(impl->writer, core.state(), impl->plan, now);
    } else {
        impl->writer.line([&](std::string& out, std::uint64_t seq) { format_recovery(out, seq, now, recovery); });
    }
    impl->writer.commit(now);
    return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

void Journal::append(const routing::Event& event) {
    impl_->writer.line([&](std::string& out, std::uint64_t seq) { format(out, seq, event, impl_->plan); });
}

void Journal::append(Timestamp at, std::string_view type, std::initializer_list<Field> fields) {
    impl_->writer.line([&](std::string& out, std::uint64_t seq) { format(out, seq, at, type, fields); });
}

void Journal::commit(Timestamp now) {
    impl_->writer.commit(now);
}

Result<bool> Journal::reopen(const routing::State& state, Timestamp now) {
    const bool moved = !impl_->file->is_at(impl_->path);
    if (moved) {
        auto opened = DiskFile::open(impl_->path);
        if (!opened) return opened.error();
        impl_->file = std::move(opened).value();
        if (!impl_->file->ends_in_newline()) impl_->file->write("\n");
        impl_->writer.replace(impl_->file, now);
    }
    write_snapshot(impl_->writer, state, impl_->plan, now);
    impl_->writer.commit(now);
    return moved;
}

void Journal::set_plan(const routing::Plan& plan) {
    impl_->plan = plan;
}

void Journal::sync() {
    impl_->writer.flush();
}

const Recovery& Journal::recovery() const {
    return impl_->recovery;
}

Stats Journal::stats() const {
    return impl_->writer.stats();
}

}  // namespace centrala::journal
