// HTTP GET (libcurl) on a thread of its own; answers come on the signalling thread's io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "centrala/base/result.hpp"
#include "centrala/base/time.hpp"

namespace asio {
class io_context;
}

namespace centrala::net {

struct HttpOptions {
    std::string user_agent{};
    std::string token{};            ///< sent as Authorization: Bearer (RFC 6750); "": none
    std::string ca{};               ///< file of who may have signed https servers' certificates; "": the system's store
    Duration timeout = 10s;         ///< for all of a request, finding and connecting included
    std::size_t body_max = 16'384;  ///< bytes of an answer; a longer one is an error
    std::size_t connections_max = 100;  ///< at once, those that are kept for reuse included; past it requests wait
    std::size_t requests_max = 10'000;  ///< under way; past it a request is answered with an error
};

struct HttpAnswer {
    int status = 0;     ///< 0: there is none
    std::string body;   ///< with a status
    std::string error;  ///< without: why
};

/// http and https only, no redirects, no cookies, no proxies; a server must prove who it is (https). Not thread-safe.
/// What is under way at the end is never answered.
class HttpClient {
public:
    using Handler = std::function<void(std::uint64_t id, HttpAnswer)>;

    /// `handler` is called once for each request, from the io_context, never from within get().
    static Result<std::unique_ptr<HttpClient>> open(asio::io_context& io, HttpOptions options, Handler handler);
    ~HttpClient();

    void get(std::uint64_t id, std::string url);

private:
    struct Impl;
    explicit HttpClient(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace centrala::net
