// The published vectors of digest authentication, as both sides' tests read them.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sip/corpus.hpp"

namespace centrala::sip::material {

/// Empty if they aren't there.
inline std::vector<nlohmann::json> digest_vectors() {
    const std::string text = read_file(corpus() / "digest" / "vectors.json");
    if (text.empty()) return {};
    return nlohmann::json::parse(text)["vectors"].get<std::vector<nlohmann::json>>();
}
inline std::string text_or_empty(const nlohmann::json& v, const char* key) {
    return v.contains(key) && v[key].is_string() ? v[key] : "";
}

}  // namespace centrala::sip::material
