// The keywords of JSON Schema that docs/event.schema.json uses; a schema with any other is refused, so that nothing
// goes unchecked. Stricter than the schema in one point: types and fields that it doesn't describe are errors here.
#include "journal/schema_check.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

namespace centrala::journal {

class SchemaCheck::Rules {
public:
    using json = nlohmann::json;

    explicit Rules(json schema) : schema_(std::move(schema)) { refuse_unknown_keywords(schema_); }

    [[nodiscard]] std::string errors(std::string_view line) const {
        if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
        const json record = json::parse(line.begin(), line.end(), nullptr, false);
        if (record.is_discarded()) return "is not JSON: " + std::string(line) + "\n";
        std::string errors;
        check(schema_, record, "", errors);
        if (record.is_object()) check_described(record, errors);
        if (line.size() + 1 > 16 * 1024) errors += "longer than 16 KiB\n";
        return errors.empty() ? errors : errors + "in " + std::string(line) + "\n";
    }

private:
    void check_described(const json& record, std::string& errors) const {
        const std::string type = record.value("type", std::string());
        const auto definition = schema_["$defs"].find(type);
        if (definition == schema_["$defs"].end()) {
            errors += "type \"" + type + "\" is not described\n";
            return;
        }
        for (const auto& [key, value] : record.items()) {
            if (schema_["properties"].contains(key) || (*definition)["properties"].contains(key)) continue;
            errors += "/" + key + ": is not described for " + type + "\n";
        }
    }

    [[nodiscard]] bool valid(const json& schema, const json& value) const {
        std::string errors;
        check(schema, value, "", errors);
        return errors.empty();
    }

    void check(const json& schema, const json& value, const std::string& at, std::string& errors) const {
        const auto wrong = [&](const std::string& what) { errors += at + ": " + what + "\n"; };
        if (schema.is_boolean()) {
            if (!schema.get<bool>()) wrong("is not allowed");
            return;
        }
        for (const auto& [keyword, rule] : schema.items()) {
            if (keyword == "$ref")
                check(resolve(rule), value, at, errors);
            else if (keyword == "type" && !has_type(value, rule))
                wrong("is not of type " + rule.dump());
            else if (keyword == "const" && value != rule)
                wrong(value.dump() + " is not " + rule.dump());
            else if (keyword == "enum" && std::find(rule.begin(), rule.end(), value) == rule.end())
                wrong(value.dump() + " is not one of " + rule.dump());
            else if (keyword == "minimum" && value.is_number() && value < rule)
                wrong(value.dump() + " is too small");
            else if (keyword == "maximum" && value.is_number() && value > rule)
                wrong(value.dump() + " is too large");
            else if (keyword == "maxLength" && value.is_string() && length(value) > rule.get<std::size_t>())
                wrong("is too long");
            else if (keyword == "pattern" && value.is_string() && !matches(value, rule))
                wrong(value.dump() + " doesn't match " + rule.dump());
            else if (keyword == "allOf")
                for (const auto& part : rule) check(part, value, at, errors);
            else if (keyword == "if" && valid(rule, value))
                check(schema.value("then", json(true)), value, at, errors);
            else if (keyword == "items" && value.is_array())
                for (const auto& item : value) check(rule, item, at + "/*", errors);
        }
        if (value.is_object()) check_object(schema, value, at, errors);
    }

    void check_object(const json& schema, const json& value, const std::string& at, std::string& errors) const {
        const json properties = schema.value("properties", json::object());
        for (const auto& key : schema.value("required", json::array())) {
            if (!value.contains(key.get<std::string>())) errors += at + "/" + key.get<std::string>() + ": is missing\n";
        }
        for (const auto& [key, item] : value.items()) {
            if (properties.contains(key))
                check(properties[key], item, at + "/" + key, errors);
            else if (schema.contains("additionalProperties"))
                check(schema["additionalProperties"], item, at + "/" + key, errors);
        }
    }

    [[nodiscard]] const json& resolve(const json& reference) const {
        return schema_.at(json::json_pointer(reference.get<std::string>().substr(1)));  // "#/$defs/x"
    }

    static bool has_type(const json& value, const std::string& type) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "boolean") return value.is_boolean();
        if (type == "integer") return value.is_number_integer();
        return type == "number" && value.is_number();
    }

    static std::size_t length(const std::string& text) {
        return static_cast<std::size_t>(
            std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
    }

    bool matches(const std::string& text, const std::string& pattern) const {
        return std::regex_search(text, patterns_.at(pattern));
    }

    /// And compiles the patterns on the way.
    void refuse_unknown_keywords(const json& schema) {
        static const std::set<std::string> kKnown = {"$schema",     "$defs",      "$ref",     "title",
                                                     "description", "format",     "type",     "const",
                                                     "enum",        "minimum",    "maximum",  "maxLength",
                                                     "pattern",     "allOf",      "if",       "then",
                                                     "items",       "properties", "required", "additionalProperties"};
        if (!schema.is_object()) return;
        for (const auto& [keyword, rule] : schema.items()) {
            if (!kKnown.contains(keyword))
                throw std::runtime_error("the schema check doesn't know the keyword " + keyword);
            if (keyword == "pattern")
                patterns_.emplace(rule, std::regex(rule.get<std::string>(), std::regex::ECMAScript));
            if (keyword == "properties" || keyword == "$defs" || keyword == "allOf")
                for (const auto& part : rule) refuse_unknown_keywords(part);
            if (keyword == "if" || keyword == "then" || keyword == "items" || keyword == "additionalProperties")
                refuse_unknown_keywords(rule);
        }
    }

    json schema_;
    std::map<std::string, std::regex> patterns_;
};

SchemaCheck::SchemaCheck(const nlohmann::json& schema) : rules_(std::make_shared<Rules>(schema)) {}

const SchemaCheck& SchemaCheck::of_events() {
    static const SchemaCheck check(nlohmann::json::parse(std::ifstream(CENTRALA_SOURCE_DIR "/docs/event.schema.json")));
    return check;
}

std::string SchemaCheck::errors(std::string_view line) const {
    return rules_->errors(line);
}

std::string schema_errors(std::string_view line) {
    return SchemaCheck::of_events().errors(line);
}

}  // namespace centrala::journal
