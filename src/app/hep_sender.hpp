// A UDP socket to a Homer collector.
#pragma once

#include <string>
#include <string_view>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/result.hpp"
#include "centrala/trace/hep.hpp"

namespace centrala::app {

class HepSender {
public:
    static Result<HepSender> open(const Endpoint& collector, trace::HepOptions options);
    HepSender(HepSender&& other) noexcept;
    HepSender& operator=(HepSender&&) = delete;
    ~HepSender();

    /// Never waits: what the system has no room for is lost, as on any UDP path.
    void send(const trace::Captured& captured, std::string_view call_id);

private:
    HepSender(int fd, trace::HepOptions options) : fd_(fd), options_(std::move(options)) {}
    int fd_;
    trace::HepOptions options_;
    std::string packet_;
};

}  // namespace centrala::app
