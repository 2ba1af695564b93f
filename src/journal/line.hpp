// One line of the log under construction: a flat JSON object, keys in the order they are added, never over kLineMax
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/base/time.hpp"

namespace centrala::journal {

inline constexpr std::size_t kLineMax = 16 * 1024;  ///< with the LF
inline constexpr std::size_t kTextMax = 2 * 1024;   ///< of one string, escaped, without its quotes
inline constexpr int kSchemaVersion = 1;

/// RFC 3339, UTC, microseconds, 27 characters. Years outside 0001–9999 are held at the ends.
void append_time(std::string& out, Timestamp at);
/// Exactly the form that append_time writes; nullopt otherwise.
[[nodiscard]] std::optional<Timestamp> read_time(std::string_view text);

/// Milliseconds with as many of three decimals as it takes to be exact.
void append_millis(std::string& out, Duration value);

/// Escaped for a JSON string, at most `room` bytes; what doesn't fit is replaced by "…". False if it was cut.
/// Bytes that aren't UTF-8 become U+FFFD; C0, DEL and C1 controls are escaped, so that `tail -f` can't be made to obey
/// them.
bool append_escaped(std::string& out, std::string_view text, std::size_t room);

class Line {
public:
    Line(std::string& out, std::uint64_t seq, Timestamp at, std::string_view type);

    Line& text(std::string_view key, std::string_view value) { return text(key, {}, value); }
    /// prefix: part of the value, plain ASCII.
    Line& text(std::string_view key, std::string_view prefix, std::string_view value);
    Line& integer(std::string_view key, std::int64_t value);
    Line& boolean(std::string_view key, bool value);
    Line& millis(std::string_view key, Duration value);
    Line& time(std::string_view key, Timestamp value);
    /// A letter and a number: c17, o23.
    Line& id(std::string_view key, char letter, std::uint64_t value);
    /// A finished array or object; left out as a whole if it doesn't fit.
    Line& nested(std::string_view key, std::string_view json);
    /// Closes the object and adds the LF. Nothing may be added afterwards.
    void end();

private:
    /// `,"key":` if a value of `size` bytes still fits.
    bool begin(std::string_view key, std::size_t size);
    [[nodiscard]] std::size_t room() const;

    std::string& out_;
    std::size_t start_;
    bool cut_ = false;
};

/// A nested array or object; the line takes it whole or not at all.
class Nested {
public:
    explicit Nested(char open) : text_(1, open) {}
    Nested& key(std::string_view name) {
        item(name);
        text_.push_back(':');
        fresh_ = true;
        return *this;
    }
    Nested& item(std::string_view value) {
        separate();
        text_.push_back('"');
        append_escaped(text_, value, kTextMax);
        text_.push_back('"');
        return *this;
    }
    Nested& raw(std::string_view json) {
        separate();
        text_.append(json);
        return *this;
    }
    [[nodiscard]] const std::string& close(char end) { return text_.append(1, end); }

private:
    void separate() {
        if (!fresh_) text_.push_back(',');
        fresh_ = false;
    }
    std::string text_;
    bool fresh_ = true;
};

}  // namespace centrala::journal
