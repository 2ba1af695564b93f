// libcurl's multi interface, in a loop of its own: looking a name up and handshakes of TLS may take long, and calls
// don't wait for them.
#include "centrala/net/http_client.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <curl/curl.h>

namespace centrala::net {
namespace {

constexpr int kPollMs = 1'000;  // a wake-up ends it, and so does curl's own next deadline

/// CURL and CURLM are both void.
template <auto Clean>
struct Cleaned {
    template <class Handle>
    void operator()(Handle* handle) const {
        Clean(handle);
    }
};
using Easy = std::unique_ptr<CURL, Cleaned<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Cleaned<curl_multi_cleanup>>;
using Headers = std::unique_ptr<curl_slist, Cleaned<curl_slist_free_all>>;

/// libcurl wants to be set up once before its first use and is never taken down: it lives as long as the process.
CURLcode curl_ready() {
    static const CURLcode status = curl_global_init(CURL_GLOBAL_DEFAULT);
    return status;
}

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
    Impl(asio::io_context& context, HttpOptions opt, Handler h)
        : io(context), options(std::move(opt)), handler(std::move(h)) {}

    struct Request {
        std::uint64_t id = 0;
        std::string url;
    };
    struct Transfer {
        std::uint64_t id = 0;
        std::size_t body_max = 0;
        bool too_long = false;
        std::string body;
        char error[CURL_ERROR_SIZE] = "";
        Easy easy;
    };

    std::string start() {
        if (const CURLcode status = curl_ready(); status != CURLE_OK) return curl_easy_strerror(status);
        multi.reset(curl_multi_init());
        curl_slist* list = curl_slist_append(nullptr, "Accept: application/json");
        if (!options.token.empty()) list = curl_slist_append(list, ("Authorization: Bearer " + options.token).c_str());
        headers.reset(list);
        if (!multi || !headers) return "out of memory";
        curl_multi_setopt(multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options.connections_max));
        curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options.connections_max));
        thread = std::thread([this] { run(); });
        return {};
    }
    void stop() {
        stopping = true;
        if (!thread.joinable()) return;
        curl_multi_wakeup(multi.get());
        thread.join();
    }

    // ---- on the signalling thread

    void get(Request request) {
        if (under_way >= options.requests_max) return deliver(request.id, {0, {}, "too many requests under way"});
        ++under_way;
        {
            const std::lock_guard lock(mutex);
            asked.push_back(std::move(request));
        }
        curl_multi_wakeup(multi.get());
    }
    void deliver(std::uint64_t id, HttpAnswer answer) {
        asio::post(io, [weak = weak_from_this(), id, answer = std::move(answer)]() mutable {
            if (const auto self = weak.lock()) self->handler(id, std::move(answer));
        });
    }

    // ---- on the other

    void run() {
        while (!stopping) {
            begin_asked();
            int running = 0;
            curl_multi_perform(multi.get(), &running);
            end_done();
            curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
        }
        for (auto& [easy, transfer] : transfers) curl_multi_remove_handle(multi.get(), easy);
        transfers.clear();
    }
    void begin_asked() {
        std::vector<Request> requests;
        {
            const std::lock_guard lock(mutex);
            requests.swap(asked);
        }
        for (const Request& request : requests) begin(request);
    }
    void begin(const Request& request) {
        auto transfer = std::make_unique<Transfer>();
        transfer->id = request.id;
        transfer->body_max = options.body_max;
        transfer->easy.reset(curl_easy_init());
        CURL* const easy = transfer->easy.get();
        if (!easy || !set_up(*transfer, request.url) || curl_multi_add_handle(multi.get(), easy) != CURLM_OK)
            return finish(request.id, {0, {}, "the request can't be made"});
        transfers.emplace(easy, std::move(transfer));
    }
    /// False: libcurl was built without something that is needed.
    bool set_up(Transfer& transfer, const std::string& url) const {
        CURL* const easy = transfer.easy.get();
        bool good = true;
        const auto set = [&](CURLoption option, auto value) {
            good = curl_easy_setopt(easy, option, value) == CURLE_OK && good;
        };
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_PATH_AS_IS, 1L);  // what stands in it is the caller's number, not a way to elsewhere
        set(CURLOPT_PROXY, "");
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_QUICK_EXIT, 1L);  // DNS may take its time, the end of the server may not
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(to_ms(options.timeout)));
        set(CURLOPT_SSL_VERIFYPEER, 1L);
        set(CURLOPT_SSL_VERIFYHOST, 2L);
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (!options.ca.empty()) set(CURLOPT_CAINFO, options.ca.c_str());
        set(CURLOPT_USERAGENT, options.user_agent.c_str());
        set(CURLOPT_HTTPHEADER, headers.get());
        set(CURLOPT_ERRORBUFFER, transfer.error);
        set(CURLOPT_WRITEFUNCTION, &Impl::take);
        set(CURLOPT_WRITEDATA, &transfer);
        return good;
    }
    /// 0 ends the transfer.
    static std::size_t take(const char* bytes, std::size_t, std::size_t count, void* argument) {
        auto& transfer = *static_cast<Transfer*>(argument);
        transfer.too_long = transfer.body.size() + count > transfer.body_max;
        if (transfer.too_long) return 0;
        transfer.body.append(bytes, count);
        return count;
    }
    void end_done() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            const CURLcode result = message->data.result;
            curl_multi_remove_handle(multi.get(), message->easy_handle);  // after which the message is gone
            auto done = transfers.extract(message->easy_handle);
            if (done) finish(done.mapped()->id, answer_of(*done.mapped(), result));
        }
    }
    static HttpAnswer answer_of(Transfer& transfer, CURLcode result) {
        if (transfer.too_long)
            return {0, {}, "the answer is longer than " + std::to_string(transfer.body_max) + " bytes"};
        if (result != CURLE_OK) return {0, {}, *transfer.error ? transfer.error : curl_easy_strerror(result)};
        long status = 0;
        curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
        return {static_cast<int>(status), std::move(transfer.body), {}};
    }
    void finish(std::uint64_t id, HttpAnswer answer) {
        --under_way;
        deliver(id, std::move(answer));
    }

    asio::io_context& io;
    HttpOptions options;
    Handler handler;
    std::atomic<std::size_t> under_way = 0;
    std::atomic<bool> stopping = false;
    std::mutex mutex;
    std::vector<Request> asked;  ///< by the signalling thread, not begun yet
    Headers headers;
    Multi multi;
    std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers;
    std::thread thread;
};

HttpClient::HttpClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() {
    impl_->stop();
}

Result<std::unique_ptr<HttpClient>> HttpClient::open(asio::io_context& io, HttpOptions options, Handler handler) {
    auto impl = std::make_shared<Impl>(io, std::move(options), std::move(handler));
    if (const std::string why = impl->start(); !why.empty()) return Error{why};
    return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

void HttpClient::get(std::uint64_t id, std::string url) {
    impl_->get({id, std::move(url)});
}

}  // namespace centrala::net
