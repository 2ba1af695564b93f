// centrala trace: what the server sees of SIP, to the terminal, into a pcap file or on to a Homer collector.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/control_client.hpp"
#include "app/exit_code.hpp"
#include "app/hep_sender.hpp"
#include "app/trace_line.hpp"
#include "app/trace_text.hpp"
#include "centrala/trace/pcap.hpp"

namespace centrala::app {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const {
        if (file != stdout) std::fclose(file);
    }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Where the messages go.
class Output {
public:
    explicit Output(const CommandLine& line) : style_(Style::of(STDOUT_FILENO)), full_(line.full), json_(line.json) {}

    /// "" or what is wrong.
    std::string open(const CommandLine& line) {
        if (!line.hep.empty()) {
            const auto collector = Endpoint::parse(line.hep);
            if (!collector) return "--hep: expected an address and port such as 192.0.2.3:9060";
            auto sender = HepSender::open(*collector, {});
            if (!sender) return sender.error().message;
            hep_.emplace(std::move(sender).value());
        }
        return line.pcap.empty() ? std::string() : open_pcap(line.pcap);
    }

    void show(std::string_view line, const TracedMessage& traced) {
        const trace::Captured message = traced.message();
        if (traced.dropped > 0)
            std::cerr << "centrala: " << traced.dropped << " messages came too fast and are missing here\n";
        dropped_ += traced.dropped;
        ++messages_;
        if (hep_) hep_->send(message, trace::read_headline(message.bytes).call_id);
        if (pcap_) {
            bytes_.clear();
            writer_.append(bytes_, message);
            write();
        }
        if (hep_ || pcap_) return;
        if (json_)
            std::cout << line << '\n';
        else
            std::cout << trace_text(message, style_, full_) << '\n';
    }
    void flush() {
        if (pcap_ && std::fflush(pcap_.get()) != 0) broken_ = true;
        std::cout.flush();
    }
    [[nodiscard]] bool good() const { return !broken_ && std::cout.good(); }
    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    std::string open_pcap(const std::string& path) {
        if (path == "-") {
            if (::isatty(STDOUT_FILENO) != 0) return "--pcap -: standard output is a terminal; pipe it into a program";
            pcap_.reset(stdout);
        } else {
            // What people say to each other is nobody else's business.
            const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            if (fd < 0) return path + ": " + std::strerror(errno);
            pcap_.reset(::fdopen(fd, "wb"));
        }
        writer_.append_header(bytes_);
        write();
        flush();
        return {};
    }
    void write() {
        if (std::fwrite(bytes_.data(), 1, bytes_.size(), pcap_.get()) != bytes_.size()) broken_ = true;
    }

    const Style style_;
    const bool full_, json_;
    std::optional<HepSender> hep_;
    File pcap_;
    trace::PcapWriter writer_;
    std::string bytes_;
    std::uint64_t messages_ = 0, dropped_ = 0;
    bool broken_ = false;
};

}  // namespace

int trace(const CommandLine& line) {
    const std::string socket = control_socket(line);
    if (socket.empty()) return kConfig;
    Output output(line);
    if (const std::string wrong = output.open(line); !wrong.empty()) {
        std::cerr << "centrala: " << printable(wrong) << '\n';
        return line.pcap.empty() ? kUsage : kCantCreate;
    }
    Subscription subscription;
    subscription.line = [&](std::string_view text) {
        if (const auto traced = read_trace_line(text)) output.show(text, *traced);
        return output.good() && (line.messages == 0 || output.messages() < line.messages);
    };
    subscription.pause = [&] { output.flush(); };
    if (line.seconds > 0)
        subscription.time = std::chrono::milliseconds(static_cast<std::int64_t>(line.seconds * 1'000));
    const auto reply = ask_and_listen(
        socket,
        {{"cmd", "trace"}, {"call", line.call}, {"peer", line.peer}, {"agent", line.agent}, {"secrets", line.secrets}},
        subscription);
    if (!reply) return fail(reply.error().message);
    if (!reply->value("ok", false)) return fail(reply->value("error", "the server refused"));
    if (!output.good()) return kIoError;
    if (!line.pcap.empty() || !line.hep.empty())
        std::cerr << "centrala: " << output.messages() << " messages traced, " << output.dropped() << " missed\n";
    return kOk;
}

}  // namespace centrala::app
