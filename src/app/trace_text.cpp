// One line a message, coloured by what it is; or all of it.
#include "app/trace_text.hpp"

#include <array>

#include <time.h>

namespace centrala::app {
namespace {

std::string clock_time(Timestamp at) {
    const std::int64_t ms = to_ms(at.time_since_epoch());
    const time_t seconds = ms / 1'000;
    tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 16> text{}, millis{};
    std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
    std::snprintf(millis.data(), millis.size(), ".%03d", static_cast<int>(ms % 1'000));
    return std::string(text.data()) + millis.data();
}

Colour colour_of(std::string_view first_line) {
    if (!first_line.starts_with("SIP/2.0 ") || first_line.size() < 9) return Colour::bold;
    switch (first_line[8]) {
        case '1': return Colour::dim;
        case '2': return Colour::green;
        case '3': return Colour::blue;
        default: return Colour::red;
    }
}

/// Line by line, indented; printable() would eat the line ends.
void append_indented(std::string& out, std::string_view text, const Style& style) {
    while (!text.empty()) {
        const std::size_t lf = text.find('\n');
        std::string_view line = text.substr(0, lf);
        text.remove_prefix(lf == std::string_view::npos ? text.size() : lf + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        out.append("\n    ").append(style.paint(Colour::none, printable(line)));
    }
    out.push_back('\n');
}

}  // namespace

std::string trace_text(const trace::Captured& captured, const Style& style, bool full) {
    const trace::Headline headline = trace::read_headline(captured.bytes);
    std::string out = style.paint(Colour::dim, clock_time(captured.at));
    out.append(captured.sent ? "  ▶ " : "  ◀ ");
    out.append(pad(sip::transport_name(captured.flow.transport), 3)).append(" ");
    out.append(pad(captured.flow.remote.to_string(), 21)).append("  ");
    std::string what = printable(headline.first_line);
    if (what.starts_with("SIP/2.0 ")) what.append(" (").append(printable(headline.method)).append(")");
    out.append(style.paint(colour_of(what), pad(what, 48)));
    out.append("  ").append(style.paint(Colour::dim, printable(headline.call_id)));
    if (full) append_indented(out, captured.bytes, style);
    return out;
}

}  // namespace centrala::app
