// c-ares on Asio: its sockets are watched by descriptors, its timeouts by one timer. SRV: RFC 2782, NAPTR: RFC 3403.
#include "centrala/net/dns.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <ares.h>
#include <arpa/nameser.h>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <netdb.h>
#include <netinet/in.h>

namespace centrala::net {
namespace {

using sip::DnsAnswer;

/// c-ares wants to be set up once before its first use and is never taken down: it lives as long as the process.
int ares_ready() {
    static const int status = ares_library_init(ARES_LIB_INIT_ALL);
    return status;
}

DnsAnswer::Status status_of(int ares_status) {
    switch (ares_status) {
        case ARES_SUCCESS: return DnsAnswer::Status::found;
        case ARES_ENODATA:
        case ARES_ENOTFOUND: return DnsAnswer::Status::nothing;
        default: return DnsAnswer::Status::failed;
    }
}

std::uint32_t read_u32(const unsigned char* p) {
    return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
           static_cast<std::uint32_t>(p[2]) << 8 | p[3];
}
std::uint16_t read_u16(const unsigned char* p) {
    return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}

/// The least TTL of the answer section, which the parsers of c-ares 1.18 don't tell; 0 if it is broken.
Duration least_ttl(const unsigned char* bytes, int length) {
    if (length < 12) return {};
    const unsigned char* p = bytes + 12;
    const unsigned char* const end = bytes + length;
    const auto skip_name = [&] {
        char* name = nullptr;
        long used = 0;
        if (ares_expand_name(p, bytes, length, &name, &used) != ARES_SUCCESS) return false;
        ares_free_string(name);
        p += used;
        return true;
    };
    for (int questions = read_u16(bytes + 4); questions > 0; --questions) {
        if (!skip_name() || end - p < 4) return {};
        p += 4;
    }
    std::uint32_t least = 0xffff'ffff;
    for (int answers = read_u16(bytes + 6); answers > 0; --answers) {
        if (!skip_name() || end - p < 10) return {};
        least = std::min(least, read_u32(p + 4));
        const int data = read_u16(p + 8);
        if (end - p - 10 < data) return {};
        p += 10 + data;
    }
    return least == 0xffff'ffff ? Duration{} : Duration(std::chrono::seconds(least));
}

void read_services(const unsigned char* bytes, int length, DnsAnswer& answer) {
    ares_srv_reply* list = nullptr;
    const int status = ares_parse_srv_reply(bytes, length, &list);
    answer.status = status_of(status);
    for (const ares_srv_reply* r = list; r; r = r->next)
        answer.services.push_back({r->priority, r->weight, r->port, r->host ? r->host : ""});
    if (list) ares_free_data(list);
}

std::string text_of(const unsigned char* text) {
    return text ? reinterpret_cast<const char*>(text) : "";
}

void read_pointers(const unsigned char* bytes, int length, DnsAnswer& answer) {
    ares_naptr_reply* list = nullptr;
    const int status = ares_parse_naptr_reply(bytes, length, &list);
    answer.status = status_of(status);
    for (const ares_naptr_reply* r = list; r; r = r->next)
        answer.pointers.push_back({r->order, r->preference, text_of(r->flags), text_of(r->service), text_of(r->regexp),
                                   r->replacement ? r->replacement : ""});
    if (list) ares_free_data(list);
}

}  // namespace

struct Dns::Impl : std::enable_shared_from_this<Dns::Impl> {
    Impl(asio::io_context& context, DnsOptions opt, Handler h)
        : io(context), options(std::move(opt)), handler(std::move(h)), timer(context) {}
    ~Impl() {
        closing = true;
        for (auto& [fd, socket] : sockets) socket->descriptor.release();  // c-ares closes them
        if (channel) ares_destroy(channel);
    }

    struct Socket {
        Socket(asio::io_context& io, int fd) : descriptor(io, fd) {}
        asio::posix::stream_descriptor descriptor;
        bool read = false, write = false;                  ///< c-ares wants to
        bool waiting_read = false, waiting_write = false;  ///< Asio is asked
    };
    struct Open {
        Impl* self;
        sip::DnsQuery query;
    };

    int start() {
        if (const int status = ares_ready(); status != ARES_SUCCESS) return status;
        ares_options ares{};
        ares.flags = ARES_FLAG_NOSEARCH;  // a carrier's host is never one of our own domain's by accident
        ares.timeout = static_cast<int>(std::max<std::int64_t>(to_ms(options.timeout), 1));
        ares.tries = options.tries;
        ares.sock_state_cb = [](void* self, ares_socket_t fd, int read, int write) {
            static_cast<Impl*>(self)->watch(fd, read != 0, write != 0);
        };
        ares.sock_state_cb_data = this;
        char lookups[] = "fb";  // /etc/hosts, then DNS
        ares.lookups = lookups;
        const int status = ares_init_options(
            &channel, &ares,
            ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS);
        if (status != ARES_SUCCESS || options.servers.empty()) return status;
        std::string list;
        for (const Endpoint& server : options.servers) list.append(list.empty() ? "" : ",").append(server.to_string());
        return ares_set_servers_ports_csv(channel, list.c_str());
    }

    // ---- sockets and time

    void watch(ares_socket_t fd, bool read, bool write) {
        if (closing) return;
        auto found = sockets.find(fd);
        if (!read && !write) {
            if (found == sockets.end()) return;
            found->second->descriptor.release();  // c-ares closes it; what waits is cancelled
            sockets.erase(found);
            return;
        }
        if (found == sockets.end()) found = sockets.emplace(fd, std::make_shared<Socket>(io, fd)).first;
        found->second->read = read;
        found->second->write = write;
        wait(fd, found->second);
    }
    void wait(ares_socket_t fd, const std::shared_ptr<Socket>& socket) {
        using Descriptor = asio::posix::stream_descriptor;
        const auto arm = [&](bool wanted, bool Socket::*waiting, Descriptor::wait_type type) {
            if (!wanted || (*socket).*waiting) return;
            (*socket).*waiting = true;
            socket->descriptor.async_wait(type, [weak = weak_from_this(), socket, fd, waiting,
                                                 type](const asio::error_code& error) {
                (*socket).*waiting = false;
                const auto self = weak.lock();
                const auto still = self ? self->sockets.find(fd) : decltype(self->sockets.find(fd)){};
                if (error || !self || still == self->sockets.end() || still->second != socket) return;
                const bool reads = type == Descriptor::wait_read;
                ares_process_fd(self->channel, reads ? fd : ARES_SOCKET_BAD, reads ? ARES_SOCKET_BAD : fd);
                if (const auto again = self->sockets.find(fd); again != self->sockets.end() && again->second == socket)
                    self->wait(fd, socket);
                self->arm_timer();
            });
        };
        arm(socket->read, &Socket::waiting_read, Descriptor::wait_read);
        arm(socket->write, &Socket::waiting_write, Descriptor::wait_write);
    }
    void arm_timer() {
        timeval next{};
        if (!ares_timeout(channel, nullptr, &next)) {
            timer.cancel();
            return;
        }
        timer.expires_after(std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec) +
                            std::chrono::milliseconds(1));
        timer.async_wait([weak = weak_from_this()](const asio::error_code& error) {
            const auto self = weak.lock();
            if (error || !self) return;
            ares_process_fd(self->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
            self->arm_timer();
        });
    }

    // ---- questions and answers

    void ask(const sip::DnsQuery& query) {
        if (open >= options.queries_max) return deliver(query.id, {});
        ++open;
        auto* context = new Open{this, query};  // c-ares carries it, and gives it back exactly once
        const char* name = query.question.name.c_str();
        if (query.question.type == sip::DnsType::a || query.question.type == sip::DnsType::aaaa) {
            ares_addrinfo_hints hints{};
            hints.ai_family = query.question.type == sip::DnsType::a ? AF_INET : AF_INET6;
            hints.ai_flags = ARES_AI_NOSORT;
            ares_getaddrinfo(channel, name, nullptr, &hints, on_addresses, context);
        } else {
            const int type = query.question.type == sip::DnsType::srv ? ns_t_srv : ns_t_naptr;
            ares_query(channel, name, ns_c_in, type, on_records, context);
        }
        arm_timer();
    }
    static void on_addresses(void* argument, int status, int, ares_addrinfo* result) {
        const std::unique_ptr<Open> context(static_cast<Open*>(argument));
        DnsAnswer answer;
        answer.status = status_of(status);
        std::int64_t ttl = -1;
        for (const ares_addrinfo_node* node = result ? result->nodes : nullptr; node; node = node->ai_next) {
            if (node->ai_family == AF_INET) {
                const auto* in = reinterpret_cast<const sockaddr_in*>(node->ai_addr);
                std::array<std::uint8_t, 4> bytes{};
                std::copy_n(reinterpret_cast<const std::uint8_t*>(&in->sin_addr), 4, bytes.begin());
                answer.addresses.push_back(IpAddress::v4(bytes));
            } else if (node->ai_family == AF_INET6) {
                const auto* in6 = reinterpret_cast<const sockaddr_in6*>(node->ai_addr);
                std::array<std::uint8_t, 16> bytes{};
                std::copy_n(reinterpret_cast<const std::uint8_t*>(&in6->sin6_addr), 16, bytes.begin());
                answer.addresses.push_back(IpAddress::v6(bytes));
            }
            ttl = ttl < 0 ? node->ai_ttl : std::min<std::int64_t>(ttl, node->ai_ttl);
        }
        if (result) ares_freeaddrinfo(result);
        answer.ttl = std::chrono::seconds(std::max<std::int64_t>(ttl, 0));
        context->self->finish(context->query.id, std::move(answer));
    }
    static void on_records(void* argument, int status, int, unsigned char* bytes, int length) {
        const std::unique_ptr<Open> context(static_cast<Open*>(argument));
        DnsAnswer answer;
        answer.status = status_of(status);
        if (status == ARES_SUCCESS) {
            if (context->query.question.type == sip::DnsType::srv)
                read_services(bytes, length, answer);
            else
                read_pointers(bytes, length, answer);
            answer.ttl = least_ttl(bytes, length);
        }
        context->self->finish(context->query.id, std::move(answer));
    }
    void finish(sip::DnsQueryId id, DnsAnswer answer) {
        --open;
        if (!closing) deliver(id, std::move(answer));
    }
    void deliver(sip::DnsQueryId id, DnsAnswer answer) {
        asio::post(io, [weak = weak_from_this(), id, answer = std::move(answer)] {
            if (const auto self = weak.lock()) self->handler(id, answer);
        });
    }

    asio::io_context& io;
    DnsOptions options;
    Handler handler;
    asio::steady_timer timer;
    ares_channel channel = nullptr;
    std::map<ares_socket_t, std::shared_ptr<Socket>> sockets;
    std::size_t open = 0;
    bool closing = false;
};

Dns::Dns(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dns::~Dns() = default;

Result<std::unique_ptr<Dns>> Dns::open(asio::io_context& io, DnsOptions options, Handler handler) {
    auto impl = std::make_shared<Impl>(io, std::move(options), std::move(handler));
    if (const int status = impl->start(); status != ARES_SUCCESS) return Error{ares_strerror(status)};
    return std::unique_ptr<Dns>(new Dns(std::move(impl)));
}

void Dns::ask(const sip::DnsQuery& query) {
    impl_->ask(query);
}

std::size_t Dns::open_queries() const {
    return impl_->open;
}

}  // namespace centrala::net
