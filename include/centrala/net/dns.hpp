// Answers sip::Locator's questions from DNS (c-ares) on the signalling thread's io_context, never blocking it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/result.hpp"
#include "centrala/base/time.hpp"
#include "centrala/sip/locator.hpp"

namespace asio {
class io_context;
}

namespace centrala::net {

struct DnsOptions {
    std::vector<Endpoint> servers;     ///< empty: those of /etc/resolv.conf
    Duration timeout = 2s;             ///< for one server's answer; after it the next is asked
    int tries = 2;                     ///< how often each is asked
    std::size_t queries_max = 10'000;  ///< open at once; past it a question is answered `failed`
};

/// Addresses come from /etc/hosts first. Not thread-safe. What is open at the end is never answered.
class Dns {
public:
    using Handler = std::function<void(sip::DnsQueryId, sip::DnsAnswer)>;

    /// `handler` is called once for each question, from the io_context, never from within ask().
    static Result<std::unique_ptr<Dns>> open(asio::io_context& io, DnsOptions options, Handler handler);
    ~Dns();

    void ask(const sip::DnsQuery& query);
    [[nodiscard]] std::size_t open_queries() const;

private:
    struct Impl;
    explicit Dns(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace centrala::net
