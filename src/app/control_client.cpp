// The command line's side of the control socket: plain blocking calls.
#include "app/control_client.hpp"

#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>
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
        std::string answer;
        char chunk[65'536];
        while (answer.empty() || answer.back() != '\n') {
            const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return Error{errno == EAGAIN ? "the server didn't answer within 10 s" : std::strerror(errno)};
            if (n == 0) return Error{"the server closed the connection"};
            answer.append(chunk, static_cast<std::size_t>(n));
            if (answer.size() > kReplyMax) return Error{"the answer is too long"};
        }
        Reply reply = Reply::parse(answer, nullptr, false);
        if (!reply.is_object()) return Error{"the server's answer makes no sense"};
        return reply;
    }

private:
    int fd_ = -1;
};

}  // namespace

Result<Reply> ask(const std::string& socket_path, const Reply& request) {
    Connection connection;
    if (std::string wrong = connection.open(socket_path); !wrong.empty()) return Error{socket_path + ": " + wrong};
    return connection.ask(request);
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
