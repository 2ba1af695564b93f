#include "centrala/routing/service_windows.hpp"

#include <algorithm>

namespace centrala::routing {
namespace {

std::int64_t minute_of(Timestamp at) {
    return std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count();
}

std::size_t slot(std::int64_t number, std::size_t spans) {
    return static_cast<std::size_t>(number) % spans;
}

}  // namespace

ServiceCounts& ServiceCounts::operator+=(const ServiceCounts& other) {
    within += other.within;
    answered += other.answered;
    abandoned += other.abandoned;
    sent_away += other.sent_away;
    return *this;
}

template <std::size_t kSpans, std::int64_t kMinutesEach>
void CountRing<kSpans, kMinutesEach>::add(Timestamp at, const ServiceCounts& more) {
    const std::int64_t now = std::max(minute_of(at) / kMinutesEach, latest);
    const auto passed = std::min(now - latest, static_cast<std::int64_t>(kSpans));
    for (std::int64_t i = 0; i < passed; ++i) spans[slot(now - i, kSpans)] = {};
    latest = now;
    spans[slot(now, kSpans)] += more;
}

template <std::size_t kSpans, std::int64_t kMinutesEach>
ServiceCounts CountRing<kSpans, kMinutesEach>::since(Timestamp from) const {
    ServiceCounts sum;
    const std::int64_t oldest = std::max<std::int64_t>(0, latest - static_cast<std::int64_t>(kSpans) + 1);
    for (std::int64_t i = std::max(minute_of(from) / kMinutesEach, oldest); i <= latest; ++i)
        sum += spans[slot(i, kSpans)];
    return sum;
}

template class CountRing<60, 1>;
template class CountRing<104, 15>;

void ServiceWindows::add(Timestamp at, const ServiceCounts& more) {
    minutes.add(at, more);
    quarters.add(at, more);
}

ServiceCounts ServiceWindows::last(std::int64_t count, Timestamp now) const {
    return count > 0 ? minutes.since(now - std::chrono::minutes(count - 1)) : ServiceCounts{};
}

}  // namespace centrala::routing
