// The whole state as records at the head of a log, so that one file alone restores everything.
#pragma once

#include <string_view>

#include "centrala/routing/derive.hpp"
#include "centrala/routing/plan.hpp"
#include "centrala/routing/state.hpp"
#include "journal/parse.hpp"
#include "journal/writer.hpp"

namespace centrala::journal {

/// log.opened, then an agent.snapshot of everybody, a queue.snapshot of each queue, an entry_point.snapshot of
/// each entry point, a contact.snapshot of each live contact and an offer.snapshot of each live offer.
void write_snapshot(Writer& writer, const routing::State& state, const routing::Plan& plan, Timestamp now);

[[nodiscard]] bool is_snapshot(std::string_view type);

/// Puts the state together again from these records.
class SnapshotReader {
public:
    SnapshotReader(const routing::Plan& plan, const Names& names);
    /// The log.opened, then the records after it. False: not usable, left out.
    bool begin(const Record& record);
    bool add(const Record& record);
    /// Sets, deadlines and the index follow from the records; what refers to something left out is let go.
    [[nodiscard]] routing::State finish();

private:
    bool add_agent(const Record& record);
    bool add_queue(const Record& record);
    bool add_entry_point(const Record& record);
    bool add_contact(const Record& record);
    bool add_offer(const Record& record);
    bool add_caller(const Record& record);
    void make_consistent();

    const routing::Plan& plan_;
    const Names& names_;
    routing::State state_;
    routing::ListedShares shares_;
};

}  // namespace centrala::journal
