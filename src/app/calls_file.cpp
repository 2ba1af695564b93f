// Slots of 4 KiB: length, CRC-32 of what follows it, id, text. A slot lies within a page, which a write(2) fills or
// doesn't, even if the process is killed in it; the sum finds what a power cut has torn.
#include "app/calls_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace centrala::app {
namespace {

constexpr std::size_t kSlotBytes = 4'096;
constexpr std::size_t kHeadBytes = 16;  // length, sum, id
constexpr std::size_t kIdAt = 8;
constexpr std::string_view kFirst = "Centrala calls 1\n";
constexpr std::uint64_t kSlotsMax = 1'000'000;  // a file of 4 GB is none of ours

static_assert(CallsFile::kTextMax + kHeadBytes == kSlotBytes);

template <class Int>
void put(std::string& out, Int value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Int>
Int get(const char* from) {
    Int value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

std::uint32_t sum(std::string_view bytes) {
    return static_cast<std::uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string in_words(const std::string& path) {
    return path + ": " + std::strerror(errno);
}

}  // namespace

CallsFile::CallsFile(int fd, std::string path, std::function<void(std::string_view)> alarm)
    : fd_(fd), path_(std::move(path)), alarm_(std::move(alarm)) {}

CallsFile::CallsFile(CallsFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      alarm_(std::move(other.alarm_)),
      kept_(std::move(other.kept_)),
      slots_(std::move(other.slots_)),
      free_(std::move(other.free_)),
      end_(other.end_),
      attempts_(other.attempts_),
      failing_(other.failing_) {}

CallsFile::~CallsFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<CallsFile> CallsFile::open(const std::string& path, std::function<void(std::string_view)> alarm) {
    for (const bool again : {false, true}) {
        const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0) return Error{in_words(path)};
        CallsFile file(fd, path, alarm);
        if (file.read()) {
            if (file.slots_.empty()) file.begin();
            file.write_first();
            return file;
        }
        const std::string aside = path + ".bad";
        if (again || ::rename(path.c_str(), aside.c_str()) != 0) return Error{path + ": is something else"};
        alarm(path + ": is something else; moved to " + aside);
    }
    return Error{path + ": is something else"};
}

bool CallsFile::read() {
    std::array<char, kSlotBytes> bytes{};
    const auto next = [&](std::uint64_t slot) {
        const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(slot * kSlotBytes));
        return n > 0 ? std::string_view(bytes.data(), static_cast<std::size_t>(n)) : std::string_view();
    };
    const std::string_view first = next(0);
    if (!first.empty() && !first.starts_with(kFirst)) return false;
    if (first.size() > kFirst.size()) attempts_ = static_cast<unsigned char>(first[kFirst.size()]);
    for (std::string_view slot = next(end_); !slot.empty() && end_ < kSlotsMax; slot = next(++end_)) {
        const std::size_t length = slot.size() < kHeadBytes ? 0 : get<std::uint32_t>(slot.data());
        const bool whole = length > 0 && length <= kTextMax && slot.size() >= kHeadBytes + length;
        const std::string_view summed = whole ? slot.substr(kIdAt, kHeadBytes - kIdAt + length) : slot;
        const bool good = whole && get<std::uint32_t>(slot.data() + 4) == sum(summed);
        const auto id = good ? get<calls::KeptId>(slot.data() + kIdAt) : calls::KeptId{};
        if (!good || !slots_.emplace(id, end_).second)
            free_.push_back(end_);
        else
            kept_.push_back({id, std::string(slot.substr(kHeadBytes, length))});
    }
    return true;
}

/// With nothing in it.
void CallsFile::begin() {
    if (::ftruncate(fd_, 0) != 0) alarm_(in_words(path_));
    kept_.clear();
    slots_.clear();
    free_.clear();
    end_ = 1;
    attempts_ = 0;
}

void CallsFile::write_first() {
    write(0, std::string(kFirst) + static_cast<char>(attempts_), "what it is");
}

std::vector<calls::KeptCall> CallsFile::take_kept() {
    if (kept_.empty()) return {};
    if (attempts_ >= kAttemptsMax) {
        alarm_(path_ + ": " + std::to_string(attempts_) + " processes in a row died soon after they had taken up " +
               std::to_string(kept_.size()) + " calls; these end");
        begin();
    } else {
        ++attempts_;
    }
    write_first();
    return std::exchange(kept_, {});
}

void CallsFile::lived() {
    if (std::exchange(attempts_, 0) != 0) write_first();
}

std::uint64_t CallsFile::slot_for(calls::KeptId id) {
    const auto [place, is_new] = slots_.try_emplace(id, 0);
    if (!is_new) return place->second;
    if (free_.empty()) return place->second = end_++;
    place->second = free_.back();
    free_.pop_back();
    return place->second;
}

void CallsFile::keep(calls::KeptId id, std::string_view text) {
    if (!text.empty() && text.size() <= kTextMax) {
        record_.clear();
        put(record_, static_cast<std::uint32_t>(text.size()));
        put(record_, std::uint32_t{0});
        put(record_, id);
        record_ += text;
        const std::uint32_t check = sum(std::string_view(record_).substr(kIdAt));
        std::memcpy(record_.data() + 4, &check, sizeof check);
        return write(slot_for(id), record_, "a call");
    }
    if (!text.empty() && !std::exchange(too_long_told_, true))
        alarm_(path_ + ": a call with more than " + std::to_string(kTextMax) + " bytes of dialogs isn't kept");
    const auto found = slots_.find(id);
    if (found == slots_.end()) return;
    write(found->second, std::string_view("\0\0\0\0", 4), "the end of a call");
    free_.push_back(found->second);
    slots_.erase(found);
}

void CallsFile::write(std::uint64_t slot, std::string_view bytes, std::string_view what) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(slot * kSlotBytes));
    const bool failed = n != static_cast<ssize_t>(bytes.size());
    if (failed && !failing_)
        alarm_(path_ + ": " + std::string(what) + " can't be kept: " +
               (n < 0 ? std::strerror(errno) : "it is written in part") + "; calls would not outlive this process");
    if (!std::exchange(failing_, failed) || failed) return;
    alarm_(path_ + ": calls are kept again");
    if (slot != 0) write_first();  // which may have failed, too
}

}  // namespace centrala::app
