// Folds a log into the state that wrote it. Each log.opened begins anew: what follows it stands by itself.
#include <array>

#include "centrala/journal/journal.hpp"
#include "journal/lines.hpp"
#include "journal/parse.hpp"
#include "journal/snapshot.hpp"

namespace centrala::journal {
namespace {

/// Types of these families are records of ours that say nothing about routing's state.
bool known_family(std::string_view type) {
    constexpr std::array<std::string_view, 13> kFamilies = {
        "server.", "config.", "log.",    "security.", "registrar.", "media.",   "feature.",
        "leg.",    "call.",   "caller.", "lookup.",   "trunk.",     "transfer."};
    for (const auto family : kFamilies) {
        if (type.starts_with(family)) return true;
    }
    return false;
}

class Folder {
public:
    Folder(routing::Core& core, const std::function<void(const routing::Event&)>& before)
        : core_(core), before_(before), names_(core.plan()) {}

    void line(std::string_view text) {
        const Record record = parse(text, names_);
        if (record.kind == Parsed::malformed && record.seq == 0) {
            ++recovery_.skipped;
            return;
        }
        if (recovery_.first_seq == 0) recovery_.first_seq = record.seq;
        if (record.seq >= recovery_.next_seq) recovery_.next_seq = record.seq + 1;
        if (record.type == "log.opened") return begin_snapshot(record);
        if (snapshot_ && is_snapshot(record.type)) {
            if (!snapshot_->add(record)) ++recovery_.skipped;
            return;
        }
        end_snapshot();
        if (record.kind == Parsed::event) {
            if (before_) before_(record.event);
            core_.restore(record.event);
            ++recovery_.events;
        } else if (record.kind != Parsed::other || !known_family(record.type)) {
            ++recovery_.skipped;
        }
    }

    Recovery finish(const Tail& tail) {
        end_snapshot();
        recovery_.torn_bytes = tail.bytes;
        recovery_.packed = tail.packed;
        return recovery_;
    }

private:
    void begin_snapshot(const Record& record) {
        ++recovery_.snapshots;
        snapshot_.emplace(core_.plan(), names_);
        if (!snapshot_->begin(record)) ++recovery_.skipped;
    }
    void end_snapshot() {
        if (!snapshot_) return;
        core_.restore_state(snapshot_->finish());
        snapshot_.reset();
    }

    routing::Core& core_;
    const std::function<void(const routing::Event&)>& before_;
    Names names_;
    std::optional<SnapshotReader> snapshot_;
    Recovery recovery_;
};

/// Nothing but what a power cut leaves of a log: the beginning of a line, or zeros.
bool may_be_torn(std::string_view start) {
    constexpr std::string_view kStart = R"({"seq":)";
    return start.substr(0, kStart.size()) == kStart.substr(0, start.size()) ||
           start.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

Result<Recovery> fold(const std::string& path, routing::Core& core,
                      const std::function<void(const routing::Event&)>& before) {
    Folder folder(core, before);
    const Names no_names{routing::Plan{}};
    bool first = true;
    bool foreign = false;
    const auto tail = for_each_line(path, [&](std::string_view line) {
        if (first && parse(line, no_names).seq == 0) foreign = true;
        first = false;
        if (!foreign) folder.line(line);
        return !foreign;
    });
    if (!tail) return tail.error();
    if (foreign || (first && !may_be_torn(tail->start))) return Error{path + ": is not an event log"};
    return folder.finish(*tail);
}

}  // namespace centrala::journal
