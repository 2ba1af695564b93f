// Builds the tree from yaml-cpp's events; bounds depth, aliases and documents, and says what is wrong in plain words.
#include "yaml_tree.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace centrala::config {
namespace {

/// Leaves the parser from inside an event; caught in parse_yaml().
struct Refused {
    int line;
    std::string why;
};

int line_of(const YAML::Mark& mark) {
    return mark.is_null() ? 0 : mark.line + 1;
}

class Builder final : public YAML::EventHandler {
public:
    explicit Builder(Tree& tree) : tree_(tree) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) throw Refused{line_of(mark), "expected one YAML document, but another one begins here"};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        attach(make(Node::Kind::nothing, mark, anchor), true);
    }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  const std::string& value) override {
        const auto node = make(Node::Kind::scalar, mark, anchor);
        tree_.nodes[node].text = value;
        attach(node, true);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Node::Kind::list, mark, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Node::Kind::map, mark, anchor);
    }
    void OnMapEnd() override { close(); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const std::uint32_t target = anchor < anchors_.size() ? anchors_[anchor] : kNone;
        if (target == kNone || std::find(open_.begin(), open_.end(), target) != open_.end())
            throw Refused{line_of(mark), "expected an alias of something complete that stands above it"};
        attach(target, false);
    }

private:
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t make(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
        const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
        Node node;
        node.kind = kind;
        node.line = line_of(mark);
        tree_.nodes.push_back(std::move(node));
        if (anchor != 0) {
            if (anchors_.size() <= anchor) anchors_.resize(anchor + 1, kNone);
            anchors_[anchor] = index;
        }
        return index;
    }
    void open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (open_.size() == kDepthMax)
            throw Refused{line_of(mark), "nested more than " + std::to_string(kDepthMax) + " levels deep"};
        open_.push_back(make(kind, mark, anchor));
    }
    void close() {
        const std::uint32_t done = open_.back();
        open_.pop_back();
        attach(done, true);
    }
    /// `fresh`: it stands here, rather than being an alias of something above.
    void attach(std::uint32_t node, bool fresh) {
        if (open_.empty()) {
            tree_.root = node;
            return;
        }
        Node& parent = tree_.nodes[open_.back()];
        parent.items.push_back(node);
        // A reader looks for a map, a list or nothing where its key stands, not where its first item does.
        const bool is_value = parent.kind == Node::Kind::map && parent.items.size() % 2 == 0;
        if (fresh && is_value && tree_.nodes[node].kind != Node::Kind::scalar)
            tree_.nodes[node].line = tree_.nodes[parent.items[parent.items.size() - 2]].line;
        // Aliases make a small file describe billions of values; they are counted, not unfolded.
        parent.weight += tree_.nodes[node].weight;
        if (parent.weight > kWeightMax)
            throw Refused{parent.line, "aliases make more than " + std::to_string(kWeightMax) + " values of this"};
    }

    Tree& tree_;
    std::vector<std::uint32_t> open_;
    std::vector<std::uint32_t> anchors_;
    int documents_ = 0;
};

/// The line of the first tab used for indentation, up to `last`; 0: none.
int indenting_tab(std::string_view yaml, int last) {
    for (int line = 1; line <= last && !yaml.empty(); ++line) {
        const std::string_view text = yaml.substr(0, yaml.find('\n'));
        const std::string_view indent = text.substr(0, text.find_first_not_of(" \t"));
        if (indent.size() < text.size() && indent.find('\t') != std::string_view::npos) return line;
        yaml.remove_prefix(std::min(yaml.size(), text.size() + 1));
    }
    return 0;
}

/// yaml-cpp's words for common slips don't tell the reader what to do.
std::string advice(const std::string& message) {
    const auto says = [&](std::string_view words) { return message.find(words) != std::string::npos; };
    if (says("alias") || says("anchor")) return "; a value that begins with * or & must stand in quotes";
    if (says("end of map") || says("end of sequence") || says("map value"))
        return "; is the indentation right, and are quotes and brackets closed?";
    return {};
}

}  // namespace

std::variant<Tree, Problem> parse_yaml(const std::string& yaml, const std::string& name) {
    if (yaml.size() > kFileBytesMax)
        return Problem{name,
                       0,
                       {},
                       "expected at most " + std::to_string(kFileBytesMax / 1'048'576) + " MiB, got " +
                           std::to_string(yaml.size()) + " bytes"};
    if (yaml.find('\0') != std::string::npos)
        return Problem{name, 0, {}, "expected text, got a file with NUL characters"};
    Tree tree;
    try {
        std::istringstream in(yaml);
        YAML::Parser parser(in);
        Builder builder(tree);
        while (parser.HandleNextDocument(builder)) {}
    } catch (const Refused& refused) {
        return Problem{name, refused.line, {}, refused.why};
    } catch (const YAML::Exception& error) {
        const int line = line_of(error.mark);
        if (const int tab = indenting_tab(yaml, line + 1))
            return Problem{name, tab, {}, "expected spaces for indentation, got a tab"};
        return Problem{name, line, {}, "not YAML: " + error.msg + advice(error.msg)};
    }
    if (tree.nodes.empty()) tree.nodes.emplace_back();  // an empty file: nothing
    return tree;
}

}  // namespace centrala::config
