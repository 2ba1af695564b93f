// Validates lines of the event log against docs/event.schema.json. For every module's tests:
//     EXPECT_EQ(centrala::journal::schema_errors(line), "");
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace centrala::journal {

class SchemaCheck {
public:
    explicit SchemaCheck(const nlohmann::json& schema);

    /// The project's own.
    static const SchemaCheck& of_events();

    /// One error a line; empty: valid.
    [[nodiscard]] std::string errors(std::string_view line) const;

private:
    class Rules;
    std::shared_ptr<const Rules> rules_;
};

[[nodiscard]] std::string schema_errors(std::string_view line);

}  // namespace centrala::journal
