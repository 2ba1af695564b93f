// Reading the shared test material: manifests and messages. Tests skip when it isn't there.
#pragma once

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace centrala::sip::material {

inline std::filesystem::path corpus() {
    return std::filesystem::path(CENTRALA_SHARED_DIR) / "corpus" / "sip";
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

using Row = std::map<std::string, std::string>;

/// A table with a line of column names; empty if the file is missing.
inline std::vector<Row> read_tsv(const std::filesystem::path& path) {
    const auto cells = [](const std::string& line) {
        std::vector<std::string> out(1);
        for (char c : line) {
            if (c == '\t')
                out.emplace_back();
            else if (c != '\r')
                out.back().push_back(c);
        }
        return out;
    };
    std::ifstream in(path);
    std::string line;
    std::vector<Row> rows;
    if (!std::getline(in, line)) return rows;
    const auto names = cells(line);
    while (std::getline(in, line)) {
        if (line.empty()) continue;
        const auto values = cells(line);
        Row row;
        for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) row[names[i]] = values[i];
        rows.push_back(std::move(row));
    }
    return rows;
}

/// A file's or a test's name as GoogleTest wants it: letters, digits and underscores.
inline std::string identifier(std::string text) {
    for (char& c : text)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return text;
}

}  // namespace centrala::sip::material
