// Any text as a document from a phone, and as text in a document for one: that must be readable again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "centrala/presence/requests.hpp"
#include "presence/xml_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace centrala::presence;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto state = read_pidf(text); state.ok() && state->activities.size() > 16) std::abort();
    (void)read_feature_request(text);
    Lamp lamp;
    lamp.remote_uri = lamp.remote_name = text.substr(0, 1'000);
    if (read_xml(dialog_info(lamp.remote_uri, 1, lamp), [](std::span<const XmlName>, std::string_view) {}))
        std::abort();
    return 0;
}
