// Any bytes as what another system says of a caller, and as the caller's number in the next question.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "calls/lookup_answer.hpp"
#include "calls/lookup_question.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace centrala;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    routing::Plan plan;
    plan.queues.resize(1);
    plan.queues[0].name = "gold";
    plan.agents.resize(1);
    plan.agents[0].name = "ann";
    plan.caller_lists = {{"gold"}};
    if (const auto answer = calls::read_lookup_answer(bytes, plan)) {
        const auto& advice = answer->advice;
        if (advice.priority < -1'000 || advice.priority > 1'000 || answer->name.size() > 256) std::abort();
        if ((advice.queue && *advice.queue != routing::QueueId{0}) || answer->ignored.size() > 6) std::abort();
        if (advice.wanted && (advice.wanted->agent != routing::AgentId{0} || advice.wanted->patience > 1h))
            std::abort();
    }
    const auto url = calls::lookup_url("http://crm/{caller}", {bytes, {}, {}});
    if (url.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~%", 11) != url.npos)
        std::abort();
    return 0;
}
