// Reads session descriptions: RFC 8866 §5, tolerant where phones are sloppy (empty s=, no t=, bare LF), strict where
// a wrong guess would send audio astray (m=, c=, o=).
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "centrala/sdp/sdp.hpp"

namespace centrala::sdp {
namespace {

constexpr std::size_t kTextMax = 64 * 1024;
constexpr std::size_t kMediaMax = 32;
constexpr std::size_t kFormatsMax = 64;

struct StaticType {
    std::uint8_t payload_type;
    std::string_view encoding;
    std::uint32_t clock_rate;
};

// RFC 3551 §6, tables 4 and 5.
constexpr StaticType kStaticTypes[] = {
    {0, "PCMU", 8000},   {3, "GSM", 8000},   {4, "G723", 8000},   {5, "DVI4", 8000},   {6, "DVI4", 16000},
    {7, "LPC", 8000},    {8, "PCMA", 8000},  {9, "G722", 8000},   {10, "L16", 44100},  {11, "L16", 44100},
    {12, "QCELP", 8000}, {13, "CN", 8000},   {14, "MPA", 90000},  {15, "G728", 8000},  {16, "DVI4", 11025},
    {17, "DVI4", 22050}, {18, "G729", 8000}, {25, "CELB", 90000}, {26, "JPEG", 90000}, {28, "NV", 90000},
    {31, "H261", 90000}, {32, "MPV", 90000}, {33, "MP2T", 90000}, {34, "H263", 90000},
};

/// The next run without blanks; the rest stays in `text`.
std::string_view next_word(std::string_view& text) {
    const auto start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return text = {};
    const auto end = std::min(text.find(' ', start), text.size());
    const auto word = text.substr(start, end - start);
    text.remove_prefix(end);
    return word;
}

template <class T>
bool read_number(std::string_view text, T& value) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc{} && end == text.data() + text.size();
}

/// Session ids are compared, never counted with: one that is too long for 64 bits is held at the top.
bool read_id(std::string_view text, std::uint64_t& value) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
    if (!read_number(text, value)) value = std::numeric_limits<std::uint64_t>::max();
    return true;
}

void append_upper(std::string& out, std::string_view text) {
    for (const char c : text) out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
}

std::optional<Direction> read_direction(std::string_view name) {
    for (const auto d : {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
        if (name == to_string(d)) return d;
    return std::nullopt;
}

class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    Result<Description> run() {
        if (rest_.size() > kTextMax) return Error{"SDP: longer than 64 KiB"};
        while (!rest_.empty() && problem_.empty()) take_line();
        if (problem_.empty() && !saw_version_) problem_ = "no v= line";
        if (problem_.empty() && !saw_origin_) problem_ = "no o= line";
        if (!problem_.empty()) return Error{"SDP line " + std::to_string(line_) + ": " + std::string(problem_)};
        return std::move(out_);
    }

private:
    void take_line() {
        ++line_;
        const auto end = std::min(rest_.find('\n'), rest_.size());
        std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) return;  // blank lines at the end are common, and harmless anywhere
        // Words of ours are echoed from theirs: nothing that could end a line may get in.
        if (line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos) return fail("control character");
        if (line.size() < 2 || line[1] != '=') return fail("not of the form x=value");
        const std::string_view value = line.substr(2);
        if (!saw_version_) {
            if (line[0] != 'v' || value != "0") return fail("v=0 expected first");
            saw_version_ = true;
            return;
        }
        switch (line[0]) {
            case 'o': return origin(value);
            case 'c': return connection(value);
            case 't': return timing(value);
            case 'm': return media(value);
            case 'a': return attribute(value);
            default: return;  // i, u, e, p, b, r, z, k, s: nothing in them for us
        }
    }

    void origin(std::string_view value) {
        if (saw_origin_) return;
        const auto user = next_word(value);
        if (user.empty() || !read_id(next_word(value), out_.session_id) ||
            !read_id(next_word(value), out_.session_version))
            return fail("o= wants a user, a session id and a version");
        out_.origin_user = user;
        saw_origin_ = true;
    }

    void connection(std::string_view value) {
        const auto net = next_word(value);
        const auto type = next_word(value);
        auto address = next_word(value);
        address = address.substr(0, address.find('/'));  // multicast TTL and count
        if (net != "IN" || (type != "IP4" && type != "IP6") || address.empty())
            return fail("c= wants IN IP4 or IP6 and an address");
        if (out_.media.empty())
            out_.connection = address;
        else if (!out_.media.back().connection)
            out_.media.back().connection = address;
    }

    void timing(std::string_view value) {
        if (saw_timing_) return;
        std::uint64_t number = 0;
        std::string_view words = value;
        if (!read_id(next_word(words), number) || !read_id(next_word(words), number))
            return fail("t= wants two numbers");
        out_.timing = value;
        saw_timing_ = true;
    }

    void media(std::string_view value) {
        if (out_.media.size() == kMediaMax) return fail("more than 32 m= lines");
        Media m;
        m.type = next_word(value);
        auto port = next_word(value);
        port = port.substr(0, port.find('/'));
        if (m.type.empty() || !read_number(port, m.port)) return fail("m= wants a type and a port");
        m.protocol = next_word(value);
        m.direction = out_.direction;
        const bool rtp = m.protocol.starts_with("RTP/") || m.protocol.find("/RTP/") != std::string::npos;
        for (auto word = next_word(value); !word.empty(); word = next_word(value)) {
            if (m.raw_formats.size() == kFormatsMax) return fail("more than 64 formats");
            m.raw_formats.emplace_back(word);
            std::uint8_t number = 0;
            if (rtp && read_number(word, number) && number < 128) add_format(m, number);
        }
        if (m.raw_formats.empty()) return fail("m= wants a protocol and a format");
        out_.media.push_back(std::move(m));
    }

    static void add_format(Media& m, std::uint8_t number) {
        for (const Format& f : m.formats)
            if (f.payload_type == number) return;  // one number, one meaning
        Format& f = m.formats.emplace_back();
        f.payload_type = number;
        for (const auto& known : kStaticTypes) {
            if (known.payload_type != number) continue;
            f.encoding = known.encoding;
            f.clock_rate = known.clock_rate;
        }
    }

    void attribute(std::string_view text) {
        const auto colon = text.find(':');
        const auto name = text.substr(0, colon);
        const auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
        Media* m = out_.media.empty() ? nullptr : &out_.media.back();
        if (const auto direction = read_direction(name)) {
            (m ? m->direction : out_.direction) = *direction;
        } else if (!m) {
            return;
        } else if (name == "rtpmap") {
            rtpmap(*m, value);
        } else if (name == "fmtp") {
            fmtp(*m, value);
        } else if (name == "ptime") {
            if (std::uint32_t ms = 0; read_number(value.substr(0, value.find('.')), ms) && ms <= 1000) m->ptime_ms = ms;
        } else if (name == "rtcp") {
            std::string_view words = value;
            if (std::uint16_t port = 0; read_number(next_word(words), port) && port) m->rtcp_port = port;
        } else if (name == "rtcp-mux") {
            m->rtcp_mux = true;
        }
    }

    static Format* find(Media& m, std::string_view number_text) {
        std::uint8_t number = 0;
        if (!read_number(number_text, number)) return nullptr;
        for (Format& f : m.formats)
            if (f.payload_type == number) return &f;
        return nullptr;
    }

    /// An unreadable rtpmap spoils one format, not the call: the format is left without a name and never chosen.
    static void rtpmap(Media& m, std::string_view value) {
        Format* f = find(m, next_word(value));
        if (!f) return;
        const auto description = next_word(value);
        const auto slash = description.find('/');
        auto rate = slash == std::string_view::npos ? std::string_view{} : description.substr(slash + 1);
        const auto second = rate.find('/');
        const auto channels = second == std::string_view::npos ? std::string_view("1") : rate.substr(second + 1);
        f->encoding.clear();
        f->clock_rate = 0;
        std::uint32_t hertz = 0;
        if (!read_number(rate.substr(0, second), hertz)) return;
        append_upper(f->encoding, description.substr(0, slash));
        if (channels != "1") f->encoding.append("/").append(channels);  // not the mono codec of that name
        f->clock_rate = hertz;
    }

    static void fmtp(Media& m, std::string_view value) {
        Format* f = find(m, next_word(value));
        if (!f) return;
        const auto start = value.find_first_not_of(' ');
        f->fmtp = start == std::string_view::npos ? std::string_view{} : value.substr(start);
    }

    void fail(std::string_view reason) { problem_ = reason; }

    std::string_view rest_;
    std::size_t line_ = 0;
    std::string_view problem_;
    bool saw_version_ = false, saw_origin_ = false, saw_timing_ = false;
    Description out_;
};

}  // namespace

Result<Description> parse(std::string_view text) {
    return Parser(text).run();
}

}  // namespace centrala::sdp
