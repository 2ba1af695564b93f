// Sections trace and security: who may watch SIP messages, and who is shut out.
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

}  // namespace

void read_watch(Draft& draft, Section& root) {
    Section trace(draft.context, root.take("trace"), "trace");
    if (const auto hep = trace.take("hep")) read_hep(draft, *hep);
    trace.finish();
}

}  // namespace centrala::config
