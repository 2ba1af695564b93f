// PUBLISH: initial, refresh, modify, remove (RFC 3903 §4.1, §6).
#include "centrala/presence/publications.hpp"

#include <algorithm>

namespace centrala::presence {

PublishAnswer Publications::publish(const sip::Message& request, PublisherId publisher, Timestamp now) {
    if (parse_package(request.find(sip::HeaderId::event).value_or("")) != Package::presence)
        return {489, "Allow-Events: presence\r\n"};
    auto& own = by_publisher_[publisher];
    std::erase_if(own, [&](const Publication& p) { return p.expires <= now; });

    const auto if_match = request.find("SIP-If-Match");
    auto old = own.end();
    if (if_match) {
        old = std::find_if(own.begin(), own.end(), [&](const Publication& p) { return p.etag == *if_match; });
        if (old == own.end()) return {412, {}};
    }
    const Lifetime life = lifetime(request, expires_);
    if (life.status != 200) return {life.status, life.status == 423 ? min_expires(expires_) : ""};
    const bool body = !request.body().empty();
    if (body && !sip::iequals(request.content_type(), content_type(Package::presence)))
        return {415, "Accept: application/pidf+xml\r\n"};
    if (!body && !if_match) return {400, {}};

    if (old != own.end()) own.erase(old);
    const std::string etag = random_.token(8);
    if (life.granted > 0s) {
        if (own.size() >= kPerPublisherMax) own.erase(own.begin());
        own.push_back({etag, now + life.granted});
    }
    return {200, "Expires: " + std::to_string(life.granted / 1s) + "\r\nSIP-ETag: " + etag + "\r\n",
            body && life.granted > 0s};
}

std::size_t Publications::size() const {
    std::size_t size = 0;
    for (const auto& [publisher, own] : by_publisher_) size += own.size();
    return size;
}

}  // namespace centrala::presence
