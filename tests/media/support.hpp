// What the media tests share: sockets that play the peer, sound files made on the spot, waiting with a deadline.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sndfile.h>
#include <unistd.h>

#include "centrala/media/engine.hpp"
#include "media/rtp_packet.hpp"
#include "media/sockets.hpp"

namespace centrala::media::test {

/// So long after a moment of virtual time.
inline Timestamp at(Duration d) {
    return Timestamp(1h + d);
}

inline IpAddress loopback() {
    return IpAddress::v4({127, 0, 0, 1});
}

struct Datagram {
    std::vector<std::uint8_t> bytes;
    Endpoint from;
    std::optional<RtpPacket> rtp() { return parse_rtp(bytes); }
};

/// A softphone's socket on a port that the kernel chose.
class Peer {
public:
    explicit Peer(const IpAddress& address = loopback()) {
        auto bound = bind_udp({address, 0}, 0);
        if (!bound) throw std::runtime_error("no socket");
        fd_ = std::move(*bound);
        sockaddr_storage name{};
        socklen_t size = sizeof name;
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&name), &size);
        endpoint_ = *to_endpoint(name);
    }
    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

    void send(const Endpoint& to, const std::vector<std::uint8_t>& bytes) {
        const auto address = to_socket_address(to);
        ASSERT_EQ(::sendto(fd_.get(), bytes.data(), bytes.size(), 0,
                           reinterpret_cast<const sockaddr*>(&address.storage), address.size),
                  static_cast<ssize_t>(bytes.size()));
    }
    void send_rtp(const Endpoint& to, const RtpHeader& header, const std::vector<std::uint8_t>& payload) {
        std::vector<std::uint8_t> bytes(kRtpHeaderSize);
        write_rtp_header(header, bytes.data());
        bytes.insert(bytes.end(), payload.begin(), payload.end());
        send(to, bytes);
    }
    std::optional<Datagram> receive(std::chrono::milliseconds patience = std::chrono::milliseconds(3000)) {
        pollfd p{fd_.get(), POLLIN, 0};
        if (::poll(&p, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
        Datagram d;
        d.bytes.resize(2048);
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const ssize_t n = ::recvfrom(fd_.get(), d.bytes.data(), d.bytes.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &size);
        if (n < 0) return std::nullopt;
        d.bytes.resize(static_cast<std::size_t>(n));
        d.from = *to_endpoint(from);
        return d;
    }

private:
    Fd fd_;
    Endpoint endpoint_;
};

/// Polls until true or the deadline; for what another thread does.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds patience = std::chrono::milliseconds(5000)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        ::poll(nullptr, 0, 1);
    }
    return true;
}

class TempDir {
public:
    TempDir() {
        std::string pattern = (std::filesystem::temp_directory_path() / "centrala-media-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TempDir() { std::filesystem::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    /// A tone; returns its path.
    std::string write_tone(const std::string& name, int rate, int channels, int frames, double hertz,
                           int format = SF_FORMAT_WAV | SF_FORMAT_PCM_16, double level = 0.5) const {
        const std::string path = (path_ / name).string();
        SF_INFO info{};
        info.samplerate = rate;
        info.channels = channels;
        info.format = format;
        SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
        EXPECT_NE(file, nullptr) << sf_strerror(nullptr);
        std::vector<float> samples;
        for (int i = 0; i < frames; ++i)
            for (int c = 0; c < channels; ++c)
                samples.push_back(static_cast<float>(level * std::sin(2 * M_PI * hertz * i / rate)));
        sf_writef_float(file, samples.data(), frames);
        sf_close(file);
        return path;
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Options whose port range is another for each engine, so that tests running side by side seldom meet; the pool steps
/// over ports that others hold. Above the integration tests' (their PortRange), below what Linux hands out for port 0.
inline EngineOptions options(std::uint16_t ports = 200) {
    static std::mt19937 generator{std::random_device{}()};
    EngineOptions o;
    o.port_min = static_cast<std::uint16_t>(20'000 + 2 * (generator() % 6'000));
    o.port_max = static_cast<std::uint16_t>(o.port_min + ports - 1);
    o.ports_ready = 4;
    return o;
}

}  // namespace centrala::media::test
