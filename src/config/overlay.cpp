#include "overlay.hpp"

#include <unordered_map>

namespace centrala::config {

std::uint32_t overlay(Tree& tree, std::uint32_t base, std::uint32_t over) {
    if (tree.at(over).kind != Node::Kind::map || tree.at(base).kind != Node::Kind::map) return over;
    Node merged = tree.at(base);
    merged.line = tree.at(over).line;
    std::unordered_map<std::string, std::size_t> values;  // where in merged.items a key's value stands
    for (std::size_t i = 0; i + 1 < merged.items.size(); i += 2)
        if (const Node& key = tree.at(merged.items[i]); key.kind == Node::Kind::scalar) values.emplace(key.text, i + 1);
    const std::vector<std::uint32_t> changes = tree.at(over).items;  // the tree grows, references into it don't last
    for (std::size_t i = 0; i + 1 < changes.size(); i += 2) {
        const Node& key = tree.at(changes[i]);
        const auto known = key.kind == Node::Kind::scalar ? values.find(key.text) : values.end();
        if (known == values.end()) {
            merged.items.insert(merged.items.end(), {changes[i], changes[i + 1]});
        } else {
            merged.items[known->second - 1] = changes[i];  // for its line
            merged.items[known->second] = overlay(tree, merged.items[known->second], changes[i + 1]);
        }
    }
    tree.nodes.push_back(std::move(merged));
    return static_cast<std::uint32_t>(tree.nodes.size() - 1);
}

}  // namespace centrala::config
