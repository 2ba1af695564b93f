// Passes messages on to those who watch: filtered, masked unless they asked for the secrets.
#include "app/tracer.hpp"

#include <algorithm>

#include "app/trace_line.hpp"
#include "centrala/trace/mask.hpp"

namespace centrala::app {

void Tracer::send_to(HepSender collector, bool secrets) {
    collector_.emplace(std::move(collector));
    collector_secrets_ = secrets;
    active_ = true;
}

bool Tracer::begin(trace::Wanted wanted, bool secrets, ControlClient& client) {
    forget_gone();
    if (watchers_.size() >= kWatchersMax) return false;
    if (!wanted.call.empty()) wanted.call_ids = calls_.legs(wanted.call);
    client.subscribe();
    watchers_.push_back({client.shared_from_this(), trace::Filter(std::move(wanted), calls_.caller_leg), secrets});
    active_ = true;
    return true;
}

void Tracer::see(const trace::Captured& captured) {
    forget_gone();
    if (!active_) return;
    const trace::Headline headline = trace::read_headline(captured.bytes);
    masked_.assign(captured.bytes);
    trace::mask_secrets(masked_);
    trace::Captured masked = captured;
    masked.bytes = masked_;
    if (collector_) collector_->send(collector_secrets_ ? captured : masked, headline.call_id);
    for (Watcher& w : watchers_) {
        if (!w.filter.matches(captured, headline)) continue;
        if (w.client->push(trace_line(w.secrets ? captured : masked, w.dropped)))
            w.dropped = 0;
        else
            ++w.dropped;
    }
}

std::size_t Tracer::watchers() const {
    return static_cast<std::size_t>(
        std::count_if(watchers_.begin(), watchers_.end(), [](const Watcher& w) { return !w.client->gone(); }));
}

void Tracer::forget_gone() {
    std::erase_if(watchers_, [](const Watcher& w) { return w.client->gone(); });
    active_ = collector_ || !watchers_.empty();
}

}  // namespace centrala::app
