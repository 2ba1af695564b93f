// Words into values, and values into words for messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/time.hpp"

namespace centrala::config {

/// Problems of one list that are told: a file of another format has one in each line.
inline constexpr std::size_t kListProblemsMax = 20;

/// "20s", "500ms", "5m", "1h", "1h30m", "1d", "0". No sign, no fraction; nullopt if anything else or past 10 years.
std::optional<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);  ///< so that parse_duration() gives it back

/// "65535", "64KiB", "1MiB".
std::optional<std::uint64_t> parse_size(std::string_view text);
/// Decimal with an optional '-'.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// Decimal with an optional '-', fraction and exponent: "0.25", "1e-3".
std::optional<double> parse_number(std::string_view text);
/// The shortest text that parse_number() gives back.
std::string format_number(double number);
/// true, yes, on; false, no, off.
std::optional<bool> parse_boolean(std::string_view text);

/// Names of queues, agents, …: 1–64 of A–Z a–z 0–9 _ . + -, so they fit into SIP URIs, logs and shells as they are.
bool is_name(std::string_view text);
/// UTF-8 text without control characters, at most `bytes_max`.
bool is_plain_text(std::string_view text, std::size_t bytes_max);
bool is_path(std::string_view text);
bool is_path_or_none(std::string_view text);  ///< "": none
bool is_hex(std::string_view text, std::size_t digits);
/// A host name of labels, or an IP address.
bool is_host(std::string_view text);

/// A path of the configuration, a relative one from `folder`.
std::string resolved(std::string_view path, const std::string& folder);

/// Shortened, on one line: for messages.
std::string shown(std::string_view text);
/// The same in quotes: "'text'".
std::string in_quotes(std::string_view text);
/// "; did you mean x?" with the candidate that is a slip away, or "".
std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates);
std::string join(std::span<const std::string_view> words);

}  // namespace centrala::config
