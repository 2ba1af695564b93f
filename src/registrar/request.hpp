// What a REGISTER asks for: its Contact and Expires header fields as values (RFC 3261 §10.2.1, §20.10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::registrar {

/// One Contact value. Views into the message.
struct AskedContact {
    std::string_view uri_text;
    sip::Uri uri;
    std::optional<std::uint32_t> expires;  ///< seconds; nullopt: the parameter is absent
    std::uint16_t q = 1000;                ///< thousandths
    std::string_view instance;             ///< +sip.instance; "" if none
    std::uint32_t reg_id = 0;              ///< 0: none, or without an instance (RFC 5626 §6)
};

struct Asked {
    bool present = false;                  ///< the request has a Contact header field
    bool star = false;                     ///< one value is "*"
    std::optional<std::uint32_t> expires;  ///< of the header field, seconds
    std::vector<AskedContact> contacts;
    bool too_many = false;  ///< more than `contacts_max` values; the rest was not read
};

/// nullopt: malformed, to be answered with 400.
std::optional<Asked> read_request(const sip::Message& request, std::size_t contacts_max);

/// The values of Path, "<uri>" each; nullopt: malformed or too many. `outbound`: one of them has the ob parameter.
struct Path {
    std::vector<std::string> values;
    bool outbound = false;
};
std::optional<Path> read_path(const sip::Message& request);

/// delta-seconds; what is larger than 2^32-1 counts as that, what is malformed as 3600 (RFC 3261 §10.2).
std::uint32_t parse_delta_seconds(std::string_view text);

/// qvalue in thousandths; out of range is clamped, more digits are cut, malformed counts as 1000.
std::uint16_t parse_q(std::string_view text);

/// ";q=0.5", or nothing for 1000, appended.
void append_q(std::string& out, std::uint16_t q);

/// "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n" appended (RFC 3261 §20.17).
void append_date(std::string& out, Timestamp now);

}  // namespace centrala::registrar
