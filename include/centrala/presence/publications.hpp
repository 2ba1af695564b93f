// What phones have published, by entity tag (RFC 3903), sans-I/O. The state itself isn't kept: a publication is a word
// said once, and what it means is done at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"
#include "centrala/presence/package.hpp"

namespace centrala::presence {

enum class PublisherId : std::uint32_t {};  ///< the user gives the numbers

struct PublishAnswer {
    int status = 200;
    std::string header_lines;  ///< complete lines
    bool fresh = false;        ///< accepted, and the body is to be read (initial and modifying)
};

class Publications {
public:
    /// Tags of one publisher that are remembered: beyond, the oldest is forgotten, and its phone is told 412 and
    /// publishes anew.
    static constexpr std::size_t kPerPublisherMax = 8;

    Publications(Lifetimes expires, RandomSource& random) : expires_(expires), random_(random) {}

    /// RFC 3903 §6, all but the body's meaning.
    PublishAnswer publish(const sip::Message& request, PublisherId publisher, Timestamp now);
    [[nodiscard]] std::size_t size() const;

private:
    struct Publication {
        std::string etag;
        Timestamp expires{};
    };
    Lifetimes expires_;
    RandomSource& random_;
    std::unordered_map<PublisherId, std::vector<Publication>> by_publisher_;
};

}  // namespace centrala::presence
