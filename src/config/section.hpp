// Reading a map of the file key by key: types, ranges and unknown keys are checked, each mistake noted, none fatal.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "centrala/config/load.hpp"
#include "text.hpp"
#include "wav_file.hpp"
#include "yaml_tree.hpp"

namespace centrala::config {

/// A value and where it stands.
struct Item {
    const Node* node = nullptr;
    std::string path;  ///< "queues.orders.ring_timeout", "sip.listen[1]": list positions count from 1

    [[nodiscard]] bool is_scalar() const { return node->kind == Node::Kind::scalar; }
    [[nodiscard]] bool is_nothing() const { return node->kind == Node::Kind::nothing; }
    [[nodiscard]] const std::string& text() const { return node->text; }
};

/// What all readers share.
class Context {
public:
    Context(std::string file, Tree tree) : file_(std::move(file)), tree_(std::move(tree)) {}

    void problem(int line, std::string path, std::string words);
    void problem(const Item& at, std::string words) { problem(at.node->line, at.path, std::move(words)); }
    /// Odd, but no mistake.
    void warning(int line, std::string path, std::string words);
    void warning(const Item& at, std::string words) { warning(at.node->line, at.path, std::move(words)); }
    /// "expected <what>, got …".
    void mismatch(const Item& at, std::string_view what);

    [[nodiscard]] Item root() const { return {&tree_.at(tree_.root), {}}; }
    [[nodiscard]] const Tree& tree() const { return tree_; }
    [[nodiscard]] const std::string& file() const { return file_; }
    std::vector<Problem> take_problems();
    std::vector<Problem> take_warnings();
    [[nodiscard]] bool sound() const { return problems_.empty(); }
    [[nodiscard]] std::size_t problem_count() const { return problems_.size(); }

    // Elements of a list; a single scalar counts as a list of one. Nothing counts as empty.
    std::vector<Item> list(const Item& item, std::string_view what);
    /// Entries of a map whose keys are names the administrator chose; duplicates and bad names are noted and left out.
    std::vector<std::pair<std::string_view, Item>> entries(
        const Item& item, std::string_view what,
        std::string_view names = "a name (1 to 64 letters, digits and _ . + -)",
        bool (*is_one)(std::string_view) = is_name);

    // Readers of single values. Nothing is changed where a mistake is noted.
    void read(const Item& item, Duration& into, Duration min, Duration max);
    bool read_integer(const Item& item, std::int64_t& into, std::int64_t min, std::int64_t max);
    bool read_number(const Item& item, double& into, double min, double max);
    void read(const Item& item, bool& into);
    /// A scalar for which `valid` holds; `what` describes it.
    bool read_text(const Item& item, std::string& into, std::string_view what,
                   const std::function<bool(std::string_view)>& valid);
    /// A sound file: resolved against `folder`, must be a readable WAV file.
    void read_sound(const Item& item, std::string& into, const std::string& folder);
    /// An existing folder, resolved against `base`.
    void read_folder(const Item& item, std::string& into, const std::string& base);
    /// What is known of that sound file; looked at once only.
    const WavFile& wav(const std::string& path);

    bool sounds_matter = true;  ///< false: sounds are passed over

    /// For the test that compares the documentation: every key asked for is noted as "queues.<name>.wrap_up".
    std::set<std::string>* known_keys = nullptr;

private:
    std::string file_;
    Tree tree_;
    std::vector<Problem> problems_, warnings_;
    std::map<std::string, WavFile> sounds_;  ///< by path
};

/// A map with fixed keys.
class Section {
public:
    /// `schema`: its path with placeholders, "" at the top. A missing item is an empty map.
    Section(Context& context, const std::optional<Item>& item, std::string_view schema);

    /// The value of `key`, if it is there; from now on the key is known.
    std::optional<Item> take(std::string_view key);
    /// Call last: notes every key that nobody took; false if there is one.
    bool finish();

    void duration(std::string_view key, Duration& into, Duration min, Duration max);
    void boolean(std::string_view key, bool& into);
    void text(std::string_view key, std::string& into, std::string_view what,
              const std::function<bool(std::string_view)>& valid);
    void sound(std::string_view key, std::string& into, const std::string& folder);
    template <class Int>
    void integer(std::string_view key, Int& into, std::int64_t min, std::int64_t max) {
        std::int64_t value = 0;
        if (const auto item = take(key); item && context_.read_integer(*item, value, min, max))
            into = static_cast<Int>(value);
    }
    void number(std::string_view key, double& into, double min, double max);
    /// One of a closed list of words.
    template <class Enum>
    void word(std::string_view key, Enum& into, std::span<const std::pair<std::string_view, Enum>> words) {
        const auto item = take(key);
        if (!item) return;
        std::vector<std::string_view> names;
        for (const auto& [name, value] : words) {
            names.push_back(name);
            if (item->is_scalar() && item->text() == name) {
                into = value;
                return;
            }
        }
        wrong_word(*item, names);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] int line() const { return line_; }
    /// Of the key if it is there, else of the section.
    [[nodiscard]] int line_of(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const;

private:
    void wrong_word(const Item& item, std::span<const std::string_view> names);

    struct Entry {
        std::string_view key;
        int line;
        const Node* value;
        bool taken;
    };
    Context& context_;
    std::string path_;
    std::string_view schema_;
    int line_ = 0;
    std::vector<Entry> entries_;
    std::vector<std::string_view> known_;
};

}  // namespace centrala::config
