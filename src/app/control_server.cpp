// The control socket's server: bounded in clients, lines and time, because it shares the signalling thread.
#include "app/control_server.hpp"

#include <cerrno>
#include <cstring>
#include <set>

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace centrala::app {
namespace {

using Local = asio::local::stream_protocol;

class Session;

struct Shared {
    ControlLimits limits;
    ControlServer::Answer answer;
    std::set<std::shared_ptr<Session>> sessions;
    bool closed = false;
};

/// Strictly one request, one reply; what comes meanwhile waits in the kernel. A subscriber only listens.
class Session final : public ControlClient {
public:
    Session(asio::io_context& io, Local::socket socket, std::weak_ptr<Shared> shared, const ControlLimits& limits)
        : socket_(std::move(socket)), timer_(io), shared_(std::move(shared)), limits_(limits) {}

    void read() {
        if (answer_line()) return;
        if (in_.size() > limits_.line_bytes) return reply(control_error("line too long"), true);
        limit_time();
        socket_.async_read_some(asio::buffer(chunk_), [self = self()](const asio::error_code& error, std::size_t n) {
            if (error) return self->end();
            self->in_.append(self->chunk_.data(), n);
            self->read();
        });
    }
    void reply(std::string text, bool last) {
        out_ = std::move(text);
        out_.push_back('\n');
        limit_time();
        asio::async_write(socket_, asio::buffer(out_),
                          [self = self(), last](const asio::error_code& error, std::size_t) {
                              if (error || last) return self->end();
                              self->out_ = {};
                              if (!self->subscribed_) return self->read();
                              self->timer_.cancel();
                              self->streaming_ = true;
                              self->await_end();
                              self->write_pushed();
                          });
    }
    void end() {
        asio::error_code ignored;
        timer_.cancel();
        socket_.close(ignored);
        if (const auto shared = shared_.lock()) shared->sessions.erase(self());
    }

    void subscribe() override { subscribed_ = true; }
    bool push(std::string_view line) override {
        if (gone() || pushed_.size() + out_.size() + line.size() >= limits_.stream_bytes) return false;
        pushed_.append(line).push_back('\n');
        write_pushed();
        return true;
    }
    bool gone() const override { return !socket_.is_open(); }

private:
    std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }
    void await_end() {
        socket_.async_read_some(asio::buffer(chunk_), [self = self()](const asio::error_code& error, std::size_t) {
            if (error) return self->end();
            self->await_end();
        });
    }
    void write_pushed() {
        if (!streaming_ || !out_.empty() || pushed_.empty() || gone()) return;
        out_.swap(pushed_);
        asio::async_write(socket_, asio::buffer(out_), [self = self()](const asio::error_code& error, std::size_t) {
            if (error) return self->end();
            self->out_.clear();
            self->write_pushed();
        });
    }
    /// True if a reply is on its way.
    bool answer_line() {
        const std::size_t end = in_.find('\n');
        if (end == std::string::npos || end > limits_.line_bytes) return false;
        const auto shared = shared_.lock();
        if (!shared || shared->closed) return true;
        std::string answer = shared->answer(std::string_view(in_).substr(0, end), *this);
        in_.erase(0, end + 1);
        reply(std::move(answer), false);
        return true;
    }
    void limit_time() {
        timer_.expires_after(limits_.patience);
        timer_.async_wait([self = self()](const asio::error_code& error) {
            asio::error_code ignored;
            if (!error) self->socket_.close(ignored);  // the pending operation ends the session
        });
    }

    Local::socket socket_;
    asio::steady_timer timer_;
    std::weak_ptr<Shared> shared_;
    const ControlLimits limits_;
    std::array<char, 4'096> chunk_;
    std::string in_, out_, pushed_;
    bool subscribed_ = false;
    bool streaming_ = false;  ///< subscribed, and the reply is out
};

bool somebody_listens(const sockaddr_un& address) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const bool answered = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return answered;
}

/// A listening socket with exactly this mode from the first moment on.
Result<int> listen_at(const std::string& path, std::uint32_t mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{path + ": longer than the " + std::to_string(sizeof address.sun_path - 1) +
                     " bytes that a socket's path may have"};
    std::memcpy(address.sun_path, path.data(), path.size());
    struct stat existing {};
    if (::lstat(path.c_str(), &existing) == 0) {
        if (!S_ISSOCK(existing.st_mode)) return Error{path + ": exists and is no socket"};
        if (somebody_listens(address)) return Error{path + ": another server listens there"};
        ::unlink(path.c_str());
    }
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return Error{path + ": " + std::strerror(errno)};
    const mode_t before = ::umask(static_cast<mode_t>(~mode & 0777));
    const bool bound =
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, 16) == 0;
    const int error = errno;
    ::umask(before);
    if (bound) return fd;
    ::close(fd);
    return Error{path + ": " + std::strerror(error)};
}

}  // namespace

std::string control_error(std::string_view why) {
    return nlohmann::ordered_json{{"ok", false}, {"error", why}}.dump(-1, ' ', false,
                                                                      nlohmann::ordered_json::error_handler_t::replace);
}

struct ControlServer::Impl : std::enable_shared_from_this<ControlServer::Impl> {
    Impl(asio::io_context& io_context, std::string socket_path, ControlLimits limits, Answer answer)
        : io(io_context), path(std::move(socket_path)), acceptor(io), pause(io), shared(std::make_shared<Shared>()) {
        shared->limits = limits;
        shared->answer = std::move(answer);
    }
    void accept() {
        acceptor.async_accept([weak = weak_from_this()](const asio::error_code& error, Local::socket socket) {
            const auto self = weak.lock();
            if (!self || error == asio::error::operation_aborted) return;
            if (error) return self->accept_later();
            self->begin(std::move(socket));
            self->accept();
        });
    }
    void accept_later() {  // out of descriptors: don't spin
        pause.expires_after(std::chrono::milliseconds(100));
        pause.async_wait([weak = weak_from_this()](const asio::error_code& error) {
            if (const auto self = weak.lock(); self && !error) self->accept();
        });
    }
    void begin(Local::socket socket) {
        auto session = std::make_shared<Session>(io, std::move(socket), shared, shared->limits);
        const bool full = shared->sessions.size() >= shared->limits.clients;
        if (full) return session->reply(control_error("too many clients"), true);
        shared->sessions.insert(session);
        session->read();
    }

    asio::io_context& io;
    std::string path;
    Local::acceptor acceptor;
    asio::steady_timer pause;
    std::shared_ptr<Shared> shared;
};

ControlServer::ControlServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::open(asio::io_context& io, const std::string& path,
                                                           std::uint32_t mode, ControlLimits limits, Answer answer) {
    const auto fd = listen_at(path, mode);
    if (!fd) return fd.error();
    auto impl = std::make_shared<Impl>(io, path, limits, std::move(answer));
    asio::error_code error;
    impl->acceptor.assign(Local(), *fd, error);
    if (error) {
        ::close(*fd);
        return Error{path + ": " + error.message()};
    }
    impl->accept();
    return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::~ControlServer() {
    impl_->shared->closed = true;
    asio::error_code ignored;
    impl_->acceptor.close(ignored);
    impl_->pause.cancel();
    const auto sessions = std::move(impl_->shared->sessions);
    impl_->shared->sessions.clear();
    for (const auto& s : sessions) s->end();
    ::unlink(impl_->path.c_str());
}

}  // namespace centrala::app
