// A YAML document as plain values that know their line; the loader reads it without yaml-cpp.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "centrala/config/load.hpp"

namespace centrala::config {

/// A value. Only what its kind needs is filled in.
struct Node {
    enum class Kind : std::uint8_t { nothing, scalar, list, map } kind = Kind::nothing;
    int line = 0;                      ///< from 1
    std::uint32_t weight = 1;          ///< nodes below and including this one, aliases counted each time
    std::string text;                  ///< scalar: as written, escapes undone
    std::vector<std::uint32_t> items;  ///< list: values; map: key, value, key, value …
};

struct Tree {
    std::vector<Node> nodes;
    std::uint32_t root = 0;  ///< index into `nodes`

    [[nodiscard]] const Node& at(std::uint32_t index) const { return nodes[index]; }
};

/// What is bounded, so that no file can take the machine's memory.
inline constexpr std::size_t kFileBytesMax = 16 * 1'048'576;
inline constexpr std::size_t kDepthMax = 16;
inline constexpr std::uint32_t kWeightMax = 4'000'000;

/// The file's text, or why there is none.
std::variant<std::string, Problem> file_text(const std::string& path, std::size_t bytes_max = kFileBytesMax);
/// One document, or the first thing that is wrong with its syntax.
std::variant<Tree, Problem> parse_yaml(const std::string& yaml, const std::string& name);

}  // namespace centrala::config
