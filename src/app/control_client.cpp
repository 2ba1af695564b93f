// The command line's side of the control socket: plain blocking calls.
#include "app/control_client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace centrala::app {
namespace {

constexpr std::size_t kReplyMax = 64U * 1024 * 1024;

class Connection {
public:
    ~Connection() {
        if (fd_ >= 0) ::close(fd_);
    }
    /// "" or what is wrong.
    std::string open(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) return "the path is too long for a socket";
        std::memcpy(address.sun_path, path.data(), path.size());
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval patience{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (fd_ >= 0 && ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
        if (errno == ENOENT || errno == ECONNREFUSED)
            return "no server is running there (start it with 'centrala serve')";
        if (errno == EACCES) return "permission denied (are you in the socket's group?)";
        return std::strerror(errno);
    }
    Result<Reply> ask(const Reply& request) {
        const std::string line = request.dump() + "\n";
        for (std::size_t sent = 0; sent < line.size();) {
            const ssize_t n = ::send(fd_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) return Error{std::string("the server doesn't listen: ") + std::strerror(errno)};
            sent += static_cast<std::size_t>(n);
        }
        std::size_t end = 0;
        while ((end = received_.find('\n')) == std::string::npos) {
            char chunk[65'536];
            const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return Error{errno == EAGAIN ? "the server didn't answer within 10 s" : std::strerror(errno)};
            if (n == 0) return Error{"the server closed the connection"};
            received_.append(chunk, static_cast<std::size_t>(n));
            if (received_.size() > kReplyMax) return Error{"the answer is too long"};
        }
        Reply reply = Reply::parse(std::string_view(received_).substr(0, end), nullptr, false);
        received_.erase(0, end + 1);
        if (!reply.is_object()) return Error{"the server's answer makes no sense"};
        return reply;
    }

    void listen(const Subscription& subscription) {
        const auto until = subscription.time ? std::optional(Clock::now() + *subscription.time) : std::nullopt;
        for (;;) {
            std::size_t begin = 0;
            for (std::size_t end; (end = received_.find('\n', begin)) != std::string::npos; begin = end + 1)
                if (!subscription.line(std::string_view(received_).substr(begin, end - begin)))
                    return subscription.pause();
            received_.erase(0, begin);
            subscription.pause();
            int wait = -1;
            if (until) {
                const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now());
                if (left <= left.zero()) return;
                wait = static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000));
            }
            pollfd readable{fd_, POLLIN, 0};
            if (::poll(&readable, 1, wait) <= 0) continue;
            char chunk[65'536];
            const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (n <= 0) return;
            received_.append(chunk, static_cast<std::size_t>(n));
        }
    }

private:
    using Clock = std::chrono::steady_clock;
    std::string received_;  ///< not yet used up
    int fd_ = -1;
};

}  // namespace

Result<Reply> ask(const std::string& socket_path, const Reply& request) {
    Connection connection;
    if (std::string wrong = connection.open(socket_path); !wrong.empty()) return Error{socket_path + ": " + wrong};
    return connection.ask(request);
}

Result<Reply> ask_and_listen(const std::string& socket_path, const Reply& request, const Subscription& subscription) {
    Connection connection;
    if (std::string wrong = connection.open(socket_path); !wrong.empty()) return Error{socket_path + ": " + wrong};
    Result<Reply> reply = connection.ask(request);
    if (reply && reply->value("ok", false)) connection.listen(subscription);
    return reply;
}

Result<Reply> ask_list(const std::string& socket_path, const std::string& cmd) {
    Connection connection;
    if (std::string wrong = connection.open(socket_path); !wrong.empty()) return Error{socket_path + ": " + wrong};
    Reply all = Reply::array();
    for (std::size_t from = 0;;) {
        Result<Reply> reply = connection.ask({{"cmd", cmd}, {"from", from}});
        if (!reply || !reply->value("ok", false)) return reply;
        for (auto& item : (*reply)[cmd]) all.push_back(std::move(item));
        const std::size_t next = reply->value("next", std::size_t{0});
        if (next <= from) return Reply{{"ok", true}, {cmd, std::move(all)}};
        from = next;
    }
}

}  // namespace centrala::app
