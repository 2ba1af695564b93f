#include "centrala/routing/last_agents.hpp"

namespace centrala::routing {

void LastAgents::note(const std::string& caller, LastTalk talk, std::size_t most, Timestamp oldest) {
    if (caller.empty() || caller.size() > kCallerMax) return;
    const auto [known, fresh] = talks_.try_emplace(caller, talk);
    if (!fresh) by_age_.erase({known->second.ended, caller});
    known->second = talk;
    by_age_.emplace(talk.ended, caller);
    while (by_age_.size() > most || (!by_age_.empty() && by_age_.begin()->first < oldest)) {
        talks_.erase(by_age_.begin()->second);
        by_age_.erase(by_age_.begin());
    }
}

const LastTalk* LastAgents::find(std::string_view caller) const {
    const auto found = talks_.find(caller);
    return found == talks_.end() ? nullptr : &found->second;
}

}  // namespace centrala::routing
