// What is wrong, or odd, in a file.
#pragma once

#include <string>

namespace centrala::config {

/// For a person: "centrala.yaml:12: queues.orders.ring_timeout: expected a duration such as 20s, got 'soon'".
struct Problem {
    std::string file;
    int line = 0;  ///< from 1; 0: the file as a whole
    std::string key;
    std::string expected;

    [[nodiscard]] std::string to_string() const;
};

}  // namespace centrala::config
