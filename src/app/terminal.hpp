// What people see: colours where they help, columns that line up, and nothing that a caller's name could do to a
// terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace centrala::app {

enum class Colour : unsigned char { none, dim, bold, red, green, yellow, blue, magenta, cyan };

/// How the output wants to look.
struct Style {
    bool colours = false;
    std::size_t width = 0;  ///< of the terminal; 0: not a terminal, nothing is cut

    /// For a file descriptor: colours only on a terminal, and not with NO_COLOR set (no-color.org) or TERM=dumb.
    static Style of(int fd);
    [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;
};

/// Control characters and those that turn the direction of writing become U+FFFD.
[[nodiscard]] std::string printable(std::string_view utf8);
/// A word of the log or of a state as people write it: "no answer" for no_answer.
[[nodiscard]] std::string spaced(std::string word);
/// In code points: what a terminal shows, but for wide scripts.
[[nodiscard]] std::size_t columns(std::string_view utf8);
/// At most `width` code points, ending in … where something was cut.
[[nodiscard]] std::string fit(std::string_view utf8, std::size_t width);
/// Filled up with spaces, never cut.
[[nodiscard]] std::string pad(std::string_view utf8, std::size_t width, bool right = false);

/// Rows under headings, as wide as they must be; the last columns are cut where a terminal would wrap.
class Table {
public:
    struct Column {
        std::string heading;
        bool right = false;
    };
    struct Cell {
        std::string text;
        Colour colour = Colour::none;
        Cell(std::string t, Colour c = Colour::none) : text(std::move(t)), colour(c) {}  // NOLINT: implicit by design
        Cell(const char* t) : text(t) {}                                                 // NOLINT: implicit by design
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] std::string render(const Style& style) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

/// "340 ms", "12.3 s", "4:07", "2:13:05", "3 d 04:10".
[[nodiscard]] std::string human_duration(double milliseconds);

}  // namespace centrala::app
