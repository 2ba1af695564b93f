// Finds the files of a log and their order. Names don't tell it: there are numbers, dates of many forms, and copies.
#include "centrala/journal/files.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <tuple>

#include "journal/lines.hpp"
#include "journal/parse.hpp"

namespace centrala::journal {
namespace {

constexpr std::size_t kFilesMax = 10'000;

/// What the first line of a file tells.
struct Head {
    std::string path;
    std::uint64_t seq = 0;
    Timestamp at{};
    std::uint64_t next_contact = 0;  ///< this and those that follow arrive in this file or later; 0: it doesn't say
};

/// By time before seq: a log that was lost while the server was down begins again at 1.
bool older(const Head& a, const Head& b) {
    return std::tie(a.at, a.seq) < std::tie(b.at, b.seq);
}

/// nullopt: nothing is in the file yet.
Result<std::optional<Head>> head_of(const std::string& path) {
    std::optional<Head> head;
    bool foreign = false;
    const Names no_names{routing::Plan{}};
    const auto read = for_each_line(
        path,
        [&](std::string_view line) {
            const Record first = parse(line, no_names);
            foreign = first.seq == 0;
            head = {path, first.seq, first.event.at, 0};
            const auto next = first.json.find("next_contact");
            if (first.type == "log.opened" && next != first.json.end() && next->is_number_unsigned())
                head->next_contact = next->get<std::uint64_t>();
            return false;
        },
        kLongestLine);
    if (!read) return read.error();
    if (foreign || read->bytes > 0) return Error{path + ": is not an event log"};
    return head;
}

/// What may be rotated files of this log.
Result<std::vector<std::string>> beside(const std::filesystem::path& path) {
    std::vector<std::string> found;
    const std::string name = path.filename();
    std::error_code failed;
    std::filesystem::directory_iterator entries(path.has_parent_path() ? path.parent_path() : ".", failed);
    for (; !failed && entries != std::filesystem::directory_iterator(); entries.increment(failed)) {
        const std::string other = entries->path().filename();
        if (!other.starts_with(name + '.') && !other.starts_with(name + '-')) continue;
        std::error_code gone;
        if (!entries->is_regular_file(gone)) continue;  // a pipe would keep us waiting
        if (found.size() == kFilesMax) {
            return Error{path.string() + ": more than " + std::to_string(kFilesMax) + " rotated files"};
        }
        found.push_back((path.parent_path() / other).string());
    }
    if (failed) return Error{path.string() + ": its folder can't be read: " + failed.message()};
    return found;
}

}  // namespace

Result<std::vector<std::string>> in_order(std::vector<std::string> paths) {
    if (paths.size() < 2) return paths;
    std::vector<Head> heads;
    for (const std::string& path : paths) {
        auto head = head_of(path);
        if (!head) return head.error();
        if (*head) heads.push_back(std::move(**head));
    }
    if (heads.empty()) return Error{paths.front() + ": is empty, and so are the others"};
    std::sort(heads.begin(), heads.end(), older);
    paths.clear();
    for (std::size_t i = 0; i < heads.size(); ++i) {
        if (i > 0 && heads[i].seq <= heads[i - 1].seq) {
            return Error{heads[i].path + ": begins with seq " + std::to_string(heads[i].seq) + ", though " +
                         heads[i - 1].path + " before it begins with " + std::to_string(heads[i - 1].seq) +
                         ": not one log"};
        }
        paths.push_back(heads[i].path);
    }
    return paths;
}

FilesAbout files_about(routing::ContactId contact, const std::string& path) {
    FilesAbout about;
    std::uint64_t seq = std::numeric_limits<std::uint64_t>::max();
    bool arrives = false;
    const auto take = [&](const Head& head) {
        about.paths.push_back(head.path);
        seq = head.seq;
        arrives = head.next_contact != 0 && routing::index(contact) >= head.next_contact;
    };
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    // Moved away and not begun anew: the server is down.
    if (status.type() != std::filesystem::file_type::not_found) {
        const auto newest = status.type() == std::filesystem::file_type::regular ? head_of(path) : Error{};
        if (!newest) return {{path}, 0, {}};
        if (*newest) take(**newest);
    }
    std::vector<Head> heads;
    if (!arrives && seq > 1) {
        const auto pass_over = [&](const Error& why) {
            if (about.passed_over++ == 0) about.such_as = why.message;
        };
        const auto others = beside(path);
        if (!others) pass_over(others.error());
        for (const std::string& other : others ? *others : std::vector<std::string>{}) {
            auto head = head_of(other);
            if (!head)
                pass_over(head.error());
            else if (*head)
                heads.push_back(std::move(**head));
        }
        std::sort(heads.begin(), heads.end(), [](const Head& a, const Head& b) { return older(b, a); });
    }
    for (const Head& head : heads) {
        if (arrives) break;
        if (head.seq < seq) take(head);  // else a copy, or of a log that was lost
    }
    if (about.paths.empty()) about.paths.push_back(path);
    std::reverse(about.paths.begin(), about.paths.end());
    return about;
}

}  // namespace centrala::journal
