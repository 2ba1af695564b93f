// Sections trace and security: who may watch SIP messages, and who is shut out.
#include <algorithm>
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

void read_hep(Draft& draft, const Item& item) {
    Section s(draft.context, item, "trace.hep");
    Trace& trace = draft.config.trace;
    const auto collector = s.take("collector");
    if (!collector) {
        draft.context.problem(item, "expected collector: the address and port of a Homer collector");
    } else {
        const auto endpoint = collector->is_scalar() ? Endpoint::parse(collector->text()) : std::nullopt;
        if (!endpoint || endpoint->port == 0)
            draft.context.mismatch(*collector, "an address and port such as 192.0.2.3:9060");
        else
            trace.collector = *endpoint;
    }
    s.integer("id", trace.id, 1, 4'294'967'295);
    s.text("key", trace.key, "at most 128 characters without control characters",
           [](std::string_view t) { return is_plain_text(t, 128); });
    s.boolean("secrets", trace.secrets);
    s.finish();
}

/// User-Agents of tools that look for servers and passwords; each of them says so unless it is told to lie.
constexpr std::array<std::string_view, 8> kScanners{"friendly-scanner", "sipvicious", "sundayddr", "sip-scan",
                                                    "sipcli",           "pplsip",     "iwar",      "sivus"};

void read_scanners(Context& context, const Item& item, std::vector<std::string>& into) {
    into.clear();
    for (const Item& one : context.list(item, "words")) {
        std::string word;
        if (!context.read_text(one, word, "a word of 3 to 64 characters in scanners' User-Agent",
                               [](std::string_view t) { return t.size() >= 3 && is_plain_text(t, 64); }))
            continue;
        std::transform(word.begin(), word.end(), word.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        into.push_back(std::move(word));
    }
}

void read_security(Draft& draft, Section& root) {
    Section s(draft.context, root.take("security"), "security");
    Security& security = draft.config.security;
    security.scanners.assign(kScanners.begin(), kScanners.end());
    s.integer("ban_after", security.ban_after, 0, 1'000'000);
    s.duration("ban_within", security.ban_within, 1s, 24h);
    s.duration("ban_time", security.ban_time, 1s, 30 * 24h);
    read_blocks(draft.context, s, "allow", security.allow);
    if (const auto scanners = s.take("scanners")) read_scanners(draft.context, *scanners, security.scanners);
    s.finish();
}

}  // namespace

void read_watch(Draft& draft, Section& root) {
    Section trace(draft.context, root.take("trace"), "trace");
    if (const auto hep = trace.take("hep")) read_hep(draft, *hep);
    trace.finish();
    read_security(draft, root);
}

}  // namespace centrala::config
