// Writing documents: dialog-info (RFC 4235 §4), PIDF (RFC 3863 §4, RFC 4480), message summary (RFC 3842 §5), CSTA
// events (ECMA-323, as BroadWorks uses it).
#include "centrala/presence/documents.hpp"

#include <array>

namespace centrala::presence {
namespace {

constexpr std::string_view kProlog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kCsta = "http://www.ecma-international.org/standards/ecma-323/csta/ed3";

constexpr std::array<std::string_view, 14> kActivities{
    "",     "appointment", "away",         "breakfast",         "busy",   "dinner",   "holiday",
    "meal", "meeting",     "on-the-phone", "permanent-absence", "travel", "vacation", "working"};

/// One character of UTF-8 at the front: its bytes, and whether XML may hold it. Length 0: broken.
struct Character {
    std::size_t length = 0;
    bool allowed = false;
};
Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {1, lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r'};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
    unsigned code = lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0u) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3fu);
    }
    constexpr std::array<unsigned, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
    return {length, code != 0xfffe && code != 0xffff};
}

/// <name>text</name>
void append_element(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">");
    append_xml(out, text);
    out.append("</").append(name).append(">");
}

}  // namespace

std::string_view to_string(Activity activity) {
    return kActivities[static_cast<std::size_t>(activity)];
}

std::optional<Activity> parse_activity(std::string_view word) {
    for (std::size_t i = 1; i < kActivities.size(); ++i)
        if (word == kActivities[i]) return static_cast<Activity>(i);
    return std::nullopt;
}

void append_xml(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const Character c = first_character(text);
        if (!c.allowed) {
            out.append("\xef\xbf\xbd");
        } else {
            switch (text.front()) {
                case '&': out.append("&amp;"); break;
                case '<': out.append("&lt;"); break;
                case '>': out.append("&gt;"); break;
                case '"': out.append("&quot;"); break;
                case '\'': out.append("&apos;"); break;
                default: out.append(text.substr(0, c.length));
            }
        }
        text.remove_prefix(c.length != 0 ? c.length : 1);
    }
}

std::string dialog_info(std::string_view entity, std::uint32_t version, const Lamp& lamp) {
    constexpr std::array<std::string_view, 3> kStates{"terminated", "early", "confirmed"};
    std::string out(kProlog);
    out.append("<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"").append(std::to_string(version));
    out.append("\" state=\"full\" entity=\"");
    append_xml(out, entity);
    // A dark lamp is a dialog that is over, not an empty list: phones that keep a lamp by the dialog's id need to be
    // told that it ended.
    out.append("\">\n<dialog id=\"lamp\"");
    if (lamp.direction != Lamp::Direction::unknown)
        out.append(lamp.direction == Lamp::Direction::recipient ? " direction=\"recipient\""
                                                                : " direction=\"initiator\"");
    out.append(">\n");
    append_element(out, "state", kStates[static_cast<std::size_t>(lamp.state)]);
    out.append("\n");
    if (!lamp.remote_uri.empty()) {
        out.append("<remote><identity");
        if (!lamp.remote_name.empty()) {
            out.append(" display=\"");
            append_xml(out, lamp.remote_name);
            out.append("\"");
        }
        out.append(">");
        append_xml(out, lamp.remote_uri);
        out.append("</identity></remote>\n");
    }
    return out.append("</dialog>\n</dialog-info>\n");
}

std::string pidf(std::string_view entity, const Presentity& presentity) {
    std::string out(kProlog);
    out.append(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"");
    append_xml(out, entity);
    out.append("\">\n<tuple id=\"acd\"><status>");
    append_element(out, "basic", presentity.open ? "open" : "closed");
    out.append("</status></tuple>\n");
    if (!presentity.note.empty()) {
        append_element(out, "note", presentity.note);
        out.append("\n");
    }
    if (presentity.activity != Activity::none)
        out.append("<dm:person id=\"agent\"><rpid:activities><rpid:")
            .append(to_string(presentity.activity))
            .append("/></rpid:activities></dm:person>\n");
    return out.append("</presence>\n");
}

std::string no_messages(std::string_view account) {
    return std::string("Messages-Waiting: no\r\nMessage-Account: ")
        .append(account)
        .append("\r\nVoice-Message: 0/0 (0/0)\r\n");
}

std::string do_not_disturb_event(std::string_view device, bool on) {
    std::string out(kProlog);
    out.append("<DoNotDisturbEvent xmlns=\"").append(kCsta).append("\">\n");
    append_element(out, "device", device);
    append_element(out, "doNotDisturbOn", on ? "true" : "false");
    return out.append("\n</DoNotDisturbEvent>\n");
}

std::string agent_event(std::string_view device, AgentKey key, unsigned reason) {
    constexpr std::array<std::string_view, 4> kNames{"AgentLoggedOffEvent", "AgentReadyEvent", "AgentNotReadyEvent",
                                                     "AgentWorkingAfterCallEvent"};
    const std::string_view name = kNames[static_cast<std::size_t>(key)];
    std::string out(kProlog);
    out.append("<").append(name).append(" xmlns=\"").append(kCsta).append("\">\n<agentDevice>");
    append_element(out, "deviceIdentifier", device);
    out.append("</agentDevice>");
    append_element(out, "agentID", device);
    if (reason != 0) {
        out.append(
            "\n<extensions><privateData><private xmlns:pri=\"http://schema.broadsoft.com/CSTAPrivateData\">"
            "<pri:AgentNotReadyReasonValue>");
        out.append(std::to_string(reason));
        out.append("</pri:AgentNotReadyReasonValue></private></privateData></extensions>");
    }
    return out.append("\n</").append(name).append(">\n");
}

}  // namespace centrala::presence
