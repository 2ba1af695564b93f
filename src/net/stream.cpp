// One connection's bytes by system calls on a non-blocking socket; Asio only says when it is ready. TLS (RFC 8446,
// RFC 5246) by OpenSSL on the same socket: unlike asio::ssl::stream it holds no buffers while nothing happens.
#include "net/stream.hpp"

#include <cerrno>

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

namespace centrala::net {
namespace {

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a peer that is gone would end the process.

int bio_fd(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int bio_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(bio_fd(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(bio_fd(bio), into, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* bio_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
        BIO_meth_set_write(m, bio_write);
        BIO_meth_set_read(m, bio_read);
        BIO_meth_set_ctrl(m, bio_control);
        return m;
    }();
    return method;
}

}  // namespace

void Stream::begin_tls() {
    BIO* bio = BIO_new(bio_method());
    if (!bio) return;  // no memory: the handshake will fail
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket_.native_handle())));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
}

Stream::Status Stream::judge(int answer, int natural_wait, bool& other_way) {
    const int error = SSL_get_error(ssl_.get(), answer);
    other_way = false;
    switch (error) {
        case SSL_ERROR_NONE: return Status::done;
        case SSL_ERROR_ZERO_RETURN: return Status::ended;
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: other_way = error != natural_wait; return Status::blocked;
        default: return Status::failed;
    }
}

Stream::Status Stream::handshake() {
    if (!ssl_) return Status::done;
    if (!SSL_get_rbio(ssl_.get())) begin_tls();
    ERR_clear_error();
    const int answer = SSL_do_handshake(ssl_.get());
    const Status status = judge(answer, SSL_ERROR_WANT_READ, read_wants_write_);
    ready_ = status == Status::done;
    if (status != Status::done && status != Status::blocked) failure_ = handshake_failure(ssl_.get());
    return status;
}

bool Stream::has_unread() const {
    return ssl_ && SSL_pending(ssl_.get()) > 0;
}

void Stream::set_options() {
    asio::error_code ignored;
    socket_.non_blocking(true, ignored);
    const int fd = socket_.native_handle();
    const int on = 1, idle_s = 60, interval_s = 15, probes = 4, unacknowledged_ms = 20'000;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    // A dead peer must be known before Timer B or F (32 s) says so less clearly.
    ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
}

Stream::Progress Stream::read(std::span<char> into) {
    if (ssl_) {
        ERR_clear_error();
        std::size_t got = 0;
        const int answer = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
        return {answer == 1 ? Status::done : judge(answer, SSL_ERROR_WANT_READ, read_wants_write_), got};
    }
    for (;;) {
        const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) return {Status::done, static_cast<std::size_t>(got)};
        if (got == 0) return {Status::ended};
        if (errno != EINTR) return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::blocked : Status::failed};
    }
}

Stream::Progress Stream::write(std::string_view bytes) {
    if (ssl_) {
        ERR_clear_error();
        std::size_t sent = 0;
        const int answer = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
        return {answer == 1 ? Status::done : judge(answer, SSL_ERROR_WANT_WRITE, write_wants_read_), sent};
    }
    for (;;) {
        const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) return {Status::done, static_cast<std::size_t>(sent)};
        if (errno != EINTR) return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::blocked : Status::failed};
    }
}

void Stream::when_readable(Ready ready) {
    const auto what = read_wants_write_ ? asio::ip::tcp::socket::wait_write : asio::ip::tcp::socket::wait_read;
    socket_.async_wait(what, std::move(ready));
}

void Stream::when_writable(Ready ready) {
    const auto what = write_wants_read_ ? asio::ip::tcp::socket::wait_read : asio::ip::tcp::socket::wait_write;
    socket_.async_wait(what, std::move(ready));
}

void Stream::when_broken(Ready ready) {
    socket_.async_wait(asio::ip::tcp::socket::wait_error, std::move(ready));
}

void Stream::close() {
    if (ssl_ && ready_) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());  // says goodbye if there is room for it, and waits for nothing
    }
    ready_ = false;
    asio::error_code ignored;
    socket_.close(ignored);
}

}  // namespace centrala::net
