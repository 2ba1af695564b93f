// What the lines of the event log are put in words with, and who has the words.
#pragma once

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/terminal.hpp"

namespace centrala::app {

/// A record's fields, each with a harmless answer when it is missing or of another type.
class Record {
public:
    using Json = nlohmann::ordered_json;

    explicit Record(const Json& json) : json_(json) {}
    [[nodiscard]] bool has(const char* key) const { return json_.contains(key); }
    [[nodiscard]] std::string text(const char* key) const {
        const auto it = json_.find(key);
        if (it == json_.end()) return {};
        return printable(it->is_string() ? it->get_ref<const std::string&>()
                                         : it->dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    [[nodiscard]] double number(const char* key) const {
        const auto it = json_.find(key);
        return it != json_.end() && it->is_number() ? it->get<double>() : 0;
    }
    [[nodiscard]] bool flag(const char* key) const {
        const auto it = json_.find(key);
        return it != json_.end() && it->is_boolean() && it->get<bool>();
    }
    /// Of an array.
    [[nodiscard]] std::size_t size(const char* key) const {
        const auto it = json_.find(key);
        return it != json_.end() && it->is_array() ? it->size() : 0;
    }
    [[nodiscard]] std::string duration(const char* key) const { return human_duration(number(key)); }
    /// "queue:orders" is "orders" to a person.
    [[nodiscard]] std::string holder(const char* key) const {
        const std::string s = text(key);
        const std::size_t colon = s.find(':');
        return colon == std::string::npos ? s : s.substr(colon + 1);
    }
    [[nodiscard]] const Json& json() const { return json_; }

private:
    const Json& json_;
};

/// Clauses with commas between them.
class Clauses {
public:
    Clauses& add(std::string_view clause) {
        if (clause.empty()) return *this;
        if (!text_.empty()) text_.append(", ");
        text_.append(clause);
        return *this;
    }
    Clauses& add(std::string_view word, const std::string& value) {
        return value.empty() ? *this : add(std::string(word) + " " + value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

struct Words {
    std::string whom, what, why;
    Colour colour = Colour::none;
};

/// "orders → ann"
[[nodiscard]] std::string arrow(const Record& r);
/// "1 minute", "2 minutes"
[[nodiscard]] std::string count(double n, const char* one, const char* many);
/// Of a time as the log writes it.
[[nodiscard]] std::optional<time_t> seconds_of(const std::string& ts);

/// By type.
using Vocabulary = std::map<std::string_view, Words (*)(const Record&)>;
[[nodiscard]] const Vocabulary& words_for_contacts();  ///< and for offers, entry points, and what callers hear
[[nodiscard]] const Vocabulary& words_for_agents();    ///< and for their own calls
[[nodiscard]] const Vocabulary& words_for_trunks();

}  // namespace centrala::app
