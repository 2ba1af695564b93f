#include "centrala/routing/deadlines.hpp"

#include <algorithm>
#include <bit>

namespace centrala::routing {

Deadlines::Deadlines(std::size_t queues) : lists_(std::bit_ceil(1 + queues)), winners_(2 * lists_.size()) {
    for (std::size_t list = 0; list < lists_.size(); ++list)
        winners_[lists_.size() + list].list = static_cast<std::uint32_t>(list);
    for (std::size_t place = lists_.size() - 1; place > 0; --place) winners_[place] = winners_[2 * place];
}

bool Deadlines::comes_before(const Winner& one, const Winner& other) const {
    if (one.at != other.at) [[likely]]
        return one.at < other.at;
    const auto &a = lists_[one.list], &b = lists_[other.list];
    return !a.empty() && (b.empty() || *a.begin() < *b.begin());
}

void Deadlines::play(std::size_t list) {
    std::size_t place = lists_.size() + list;
    winners_[place].at = lists_[list].empty() ? Timestamp::max() : lists_[list].begin()->at;
    for (place /= 2; place > 0; place /= 2) {
        const Winner &one = winners_[2 * place], &other = winners_[2 * place + 1];
        winners_[place] = comes_before(other, one) ? other : one;
    }
}

void Deadlines::put(const Deadline& deadline, std::optional<QueueId> queue) {
    const std::size_t n = list_of(queue);
    const bool first = lists_[n].empty() || deadline < *lists_[n].begin();
    lists_[n].insert(deadline);
    if (first) play(n);
}

void Deadlines::take(const Deadline& deadline, std::optional<QueueId> queue) {
    const std::size_t n = list_of(queue);
    if (lists_[n].empty()) return;
    const bool first = *lists_[n].begin() == deadline;
    lists_[n].erase(deadline);
    if (first) play(n);
}

void Deadlines::add_due(std::size_t place, Timestamp now, std::vector<Deadline>& all) const {
    const auto& first = lists_[winners_[place].list];
    if (first.empty() || first.begin()->at > now) return;
    if (place < lists_.size()) {
        add_due(2 * place, now, all);
        add_due(2 * place + 1, now, all);
        return;
    }
    for (const Deadline& deadline : first) {
        if (deadline.at > now) return;
        all.push_back(deadline);
    }
}

std::vector<Deadline> Deadlines::due(Timestamp now) const {
    std::vector<Deadline> all;
    add_due(1, now, all);
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace centrala::routing
