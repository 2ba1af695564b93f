// Rate-limited security.* events: one a source, type and interval; the next one says how many were suppressed.
#include "security_log.hpp"

namespace centrala::calls {

void SecurityLog::report(std::string_view type, const sip::Flow& from, std::string_view method, std::string_view user,
                         std::string_view reason, Timestamp now) {
    const Key key{from.remote.address, std::string(type)};
    auto found = windows_.find(key);
    if (found != windows_.end() && now - found->second.opened < interval_) {
        ++found->second.suppressed;
        return;
    }
    if (!lines_.take(now)) {
        ++unlogged_;
        return;
    }
    if (found == windows_.end()) {
        if (windows_.size() >= kWindowsMax) forget_old(now);
        found = windows_.emplace(key, Window{now, 0}).first;
    }
    const std::int64_t suppressed = found->second.suppressed;
    found->second = {now, 0};
    const std::string source = from.remote.to_string();
    sink_.append(now, type,
                 {{"source", source},
                  {"transport", sip::transport_name(from.transport)},
                  {"method", method},
                  {"user", user},
                  {"reason", reason},
                  {"suppressed", suppressed}});
}

void SecurityLog::forget_old(Timestamp now) {
    std::erase_if(windows_, [&](const auto& entry) { return now - entry.second.opened >= interval_; });
    // More sources than we care to tell apart within one interval: begin anew rather than grow.
    if (windows_.size() >= kWindowsMax) windows_.clear();
}

}  // namespace centrala::calls
