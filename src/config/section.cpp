// Reading maps, lists and single values of the file; the wording of every type error is here.
#include "section.hpp"

#include <algorithm>
#include <filesystem>

namespace centrala::config {
namespace {

std::string described(const Item& item) {
    switch (item.node->kind) {
        case Node::Kind::nothing: return "nothing";
        case Node::Kind::list: return "a list";
        case Node::Kind::map: return "a map";
        case Node::Kind::scalar: break;
    }
    return in_quotes(item.text());
}

std::string child_path(const std::string& path, std::string_view key) {
    std::string out = path;
    if (!out.empty()) out.push_back('.');
    return out.append(key);
}

/// As the reader meets them; in the order of discovery within a line.
std::vector<Problem> by_line(std::vector<Problem> found) {
    std::stable_sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.line < b.line; });
    return found;
}

}  // namespace

std::string Problem::to_string() const {
    std::string out = file;
    if (line > 0) out.append(":").append(std::to_string(line));
    out.append(": ");
    if (!key.empty()) out.append(key).append(": ");
    return out.append(expected);
}

void Context::problem(int line, std::string path, std::string words) {
    problems_.push_back({file_, line, std::move(path), std::move(words)});
}

void Context::warning(int line, std::string path, std::string words) {
    warnings_.push_back({file_, line, std::move(path), std::move(words)});
}

void Context::mismatch(const Item& at, std::string_view what) {
    problem(at, "expected " + std::string(what) + ", got " + described(at));
}

std::vector<Problem> Context::take_problems() {
    return by_line(std::move(problems_));
}

std::vector<Problem> Context::take_warnings() {
    return by_line(std::move(warnings_));
}

std::vector<Item> Context::list(const Item& item, std::string_view what) {
    std::vector<Item> result;
    if (item.is_scalar()) result.push_back(item);
    if (item.node->kind == Node::Kind::map) mismatch(item, "a list of " + std::string(what));
    if (item.node->kind != Node::Kind::list) return result;
    result.reserve(item.node->items.size());
    for (std::size_t i = 0; i < item.node->items.size(); ++i)
        result.push_back({&tree_.at(item.node->items[i]), item.path + "[" + std::to_string(i + 1) + "]"});
    return result;
}

std::vector<std::pair<std::string_view, Item>> Context::entries(const Item& item, std::string_view what,
                                                                std::string_view names,
                                                                bool (*is_one)(std::string_view)) {
    std::vector<std::pair<std::string_view, Item>> result;
    if (item.is_nothing()) return result;
    if (item.node->kind != Node::Kind::map) {
        mismatch(item, "a map from name to " + std::string(what));
        return result;
    }
    std::unordered_map<std::string_view, int> seen;
    for (std::size_t i = 0; i + 1 < item.node->items.size(); i += 2) {
        const Node& key = tree_.at(item.node->items[i]);
        if (key.kind != Node::Kind::scalar || !is_one(key.text)) {
            problem(key.line, item.path, "expected " + std::string(names) + ", got " + described({&key, {}}));
            continue;
        }
        const std::string path = child_path(item.path, key.text);
        if (const auto [first, fresh] = seen.emplace(key.text, key.line); !fresh) {
            problem(key.line, path, "given twice; the first is on line " + std::to_string(first->second));
            continue;
        }
        result.emplace_back(key.text, Item{&tree_.at(item.node->items[i + 1]), path});
    }
    return result;
}

void Context::read(const Item& item, Duration& into, Duration min, Duration max) {
    const auto value = item.is_scalar() ? parse_duration(item.text()) : std::nullopt;
    if (!value)
        mismatch(item, "a duration such as 20s, 500ms, 5m or 1h");
    else if (*value < min || *value > max)
        mismatch(item, "a duration from " + format_duration(min) + " to " + format_duration(max));
    else
        into = *value;
}

bool Context::read_integer(const Item& item, std::int64_t& into, std::int64_t min, std::int64_t max) {
    const auto value = item.is_scalar() ? parse_integer(item.text()) : std::nullopt;
    if (!value || *value < min || *value > max) {
        mismatch(item, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return false;
    }
    into = *value;
    return true;
}

bool Context::read_number(const Item& item, double& into, double min, double max) {
    const auto value = item.is_scalar() ? parse_number(item.text()) : std::nullopt;
    if (!value || *value < min || *value > max) {
        mismatch(item, "a number from " + format_number(min) + " to " + format_number(max));
        return false;
    }
    into = *value;
    return true;
}

void Context::read(const Item& item, bool& into) {
    const auto value = item.is_scalar() ? parse_boolean(item.text()) : std::nullopt;
    if (value)
        into = *value;
    else
        mismatch(item, "true or false");
}

bool Context::read_text(const Item& item, std::string& into, std::string_view what,
                        const std::function<bool(std::string_view)>& valid) {
    if (!item.is_scalar() || !valid(item.text())) {
        mismatch(item, what);
        return false;
    }
    into = item.text();
    return true;
}

void Context::read_sound(const Item& item, std::string& into, const std::string& folder) {
    if (!sounds_matter) return;
    std::string path;
    if (!read_text(item, path, "the path of a WAV file", is_path_or_none)) return;
    if (path.empty()) {  // "": none
        into.clear();
        return;
    }
    path = resolved(path, folder);
    const std::string& wrong = wav(path).wrong;
    if (wrong.empty())
        into = path;
    else
        problem(item, "expected a WAV file; " + wrong);
}

const WavFile& Context::wav(const std::string& path) {
    auto known = sounds_.find(path);
    if (known == sounds_.end()) known = sounds_.emplace(path, look_at_wav(path)).first;
    return known->second;
}

void Context::read_folder(const Item& item, std::string& into, const std::string& base) {
    std::string folder;
    if (!read_text(item, folder, "a folder", is_path)) return;
    into = resolved(folder, base);
    std::error_code error;
    if (!std::filesystem::is_directory(into, error)) problem(item, "expected a folder; no such folder: " + into);
}

Section::Section(Context& context, const std::optional<Item>& item, std::string_view schema)
    : context_(context), schema_(schema) {
    if (!item) return;
    path_ = item->path;
    line_ = item->node->line;
    if (item->is_nothing()) return;
    if (item->node->kind != Node::Kind::map) {
        context.mismatch(*item, "a map of keys and values");
        return;
    }
    entries_.reserve(item->node->items.size() / 2);
    std::unordered_map<std::string_view, int> seen;
    for (std::size_t i = 0; i + 1 < item->node->items.size(); i += 2) {
        const Node& key = context.tree().at(item->node->items[i]);
        if (key.kind != Node::Kind::scalar) {
            context.problem(key.line, path_, "expected a key, got " + described({&key, {}}));
            continue;
        }
        const auto [first, fresh] = seen.emplace(key.text, key.line);
        if (!fresh)
            context.problem(key.line, child_path(path_, key.text),
                            "given twice; the first is on line " + std::to_string(first->second));
        else
            entries_.push_back({key.text, key.line, &context.tree().at(item->node->items[i + 1]), false});
    }
}

std::optional<Item> Section::take(std::string_view key) {
    known_.push_back(key);
    if (context_.known_keys) context_.known_keys->insert(child_path(std::string(schema_), key));
    for (Entry& entry : entries_) {
        if (entry.key != key) continue;
        entry.taken = true;
        return Item{entry.value, child_path(path_, key)};
    }
    return std::nullopt;
}

bool Section::has(std::string_view key) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
}

int Section::line_of(std::string_view key) const {
    const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
    return entry == entries_.end() ? line_ : entry->line;
}

bool Section::finish() {
    bool clean = true;
    for (const Entry& entry : entries_) {
        if (entry.taken) continue;
        clean = false;
        std::string hint = did_you_mean(entry.key, known_);
        if (hint.empty()) hint = "; known here: " + join(known_);
        context_.problem(entry.line, child_path(path_, shown(entry.key)), "unknown key" + hint);
    }
    return clean;
}

void Section::duration(std::string_view key, Duration& into, Duration min, Duration max) {
    if (const auto item = take(key)) context_.read(*item, into, min, max);
}

void Section::boolean(std::string_view key, bool& into) {
    if (const auto item = take(key)) context_.read(*item, into);
}

void Section::text(std::string_view key, std::string& into, std::string_view what,
                   const std::function<bool(std::string_view)>& valid) {
    if (const auto item = take(key)) context_.read_text(*item, into, what, valid);
}

void Section::sound(std::string_view key, std::string& into, const std::string& folder) {
    if (const auto item = take(key)) context_.read_sound(*item, into, folder);
}

void Section::number(std::string_view key, double& into, double min, double max) {
    if (const auto item = take(key)) context_.read_number(*item, into, min, max);
}

void Section::wrong_word(const Item& item, std::span<const std::string_view> names) {
    std::string words = "expected one of " + join(names) + ", got " + described(item);
    if (item.is_scalar()) words += did_you_mean(item.text(), names);
    context_.problem(item, std::move(words));
}

}  // namespace centrala::config
