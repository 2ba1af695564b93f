// The torture messages of RFC 4475 and RFC 5118, and what a parser may say of each.
#pragma once

#include <set>

#include <gtest/gtest.h>

#include "centrala/sip/message.hpp"
#include "sip/corpus.hpp"

namespace centrala::sip::torture {

inline std::set<std::string> alternatives(const std::string& cell) {
    std::set<std::string> out;
    std::size_t from = 0;
    for (;;) {
        const std::size_t bar = cell.find('|', from);
        out.insert(cell.substr(from, bar == std::string::npos ? bar : bar - from));
        if (bar == std::string::npos) return out;
        from = bar + 1;
    }
}

/// What the parser may say, from the manifest's `class` and `expect_udp`. "complete", "dropped", or a status.
inline std::set<std::string> allowed(const material::Row& row) {
    const bool response = row.count("kind") && row.at("kind") == "response";
    const bool invalid = row.at("class") == "invalid";
    if (!invalid) return {"complete"};  // valid, app, tolerate: the grammar is not what is wrong
    if (response) return {"dropped"};
    std::set<std::string> out;
    for (const std::string& word : alternatives(row.at("expect_udp"))) {
        if (word == "400" || word == "505")
            out.insert(word);
        else if (word == "drop")
            out.insert("dropped");
        else
            out.insert("complete");
    }
    return out;
}

inline std::string said(const Parsed& p) {
    switch (p.verdict) {
        case Verdict::complete: return "complete";
        case Verdict::refused: return std::to_string(p.status);
        case Verdict::dropped: return "dropped";
        case Verdict::keepalive: return "keepalive";
    }
    return "?";
}

struct Case {
    std::string path;
    material::Row row;
};
inline std::string name_of(const ::testing::TestParamInfo<Case>& info) {
    return material::identifier(info.param.path);
}
inline std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.path;
}

inline std::vector<Case> cases(const std::string& folder, const std::vector<std::string>& variants) {
    std::vector<Case> out;
    for (const material::Row& row : material::read_tsv(material::corpus() / folder / "manifest.tsv"))
        for (const std::string& variant : variants) {
            const std::string path = folder + "/" + variant + row.at("file");
            if (std::filesystem::exists(material::corpus() / path)) out.push_back({path, row});
        }
    return out;
}

/// One as a datagram to somebody who processes requests, and the answers that the manifest's `expect_udp` allows, set
/// apart by '|'; "process": anything but 400 and silence; "drop": no answer.
struct Datagram {
    std::string path;
    std::string expect;
};
inline std::ostream& operator<<(std::ostream& out, const Datagram& d) {
    return out << d.path << ": " << d.expect;
}
inline std::string name_of_datagram(const ::testing::TestParamInfo<Datagram>& info) {
    return material::identifier(info.param.path);
}

inline std::vector<Datagram> datagrams() {
    std::vector<Datagram> out;
    // The first variant that exists: with Content-Length put right where it was wrong.
    const auto take = [&](const std::string& folder, std::initializer_list<const char*> variants) {
        for (const auto& row : material::read_tsv(material::corpus() / folder / "manifest.tsv"))
            for (const char* variant : variants) {
                const std::string path = folder + "/" + variant + row.at("file");
                if (!std::filesystem::exists(material::corpus() / path)) continue;
                out.push_back({path, row.at("expect_udp")});
                break;
            }
    };
    take("rfc4475", {""});
    take("rfc5118", {"wire-cl/", "wire/"});
    return out;
}

inline bool allows(const std::string& expect, const std::string& got) {
    for (const std::string& word : alternatives(expect))
        if (word == got || (word == "process" && got != "400" && got != "drop")) return true;
    return false;
}

}  // namespace centrala::sip::torture
