#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/time.hpp"

namespace telltale::commands {

/// Text from elsewhere, fit for a terminal: control characters, escape
/// sequences and marks that turn the direction of text become visible or go,
/// so that a detail cannot move the cursor, hide a line or set a title. Line
/// ends stay if `keeps_lines`, else they become blanks.
[[nodiscard]] std::string printable(std::string_view text,
                                    bool keeps_lines = false);

/// The first line of a text that says something.
[[nodiscard]] std::string first_line(std::string_view text);

/// Columns that a printable UTF-8 text takes: two for wide characters, none for
/// marks.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The text, cut to `columns` with an ellipsis if it is wider.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

/// `12 s`, `5 min`, `3 h`, `2 d`: a span in one unit, the largest that is at
/// least one.
[[nodiscard]] std::string span_words(std::chrono::microseconds span);

/// `5 min ago`, `in 12 s`, or `now`.
[[nodiscard]] std::string age_words(timestamp when, timestamp now);

enum class colour : std::uint8_t { plain, dim, bold, red, green, yellow, cyan };

/// Standard output as a person sees it.
struct terminal {
  bool paints = false;     ///< colours are welcome
  std::size_t columns = 0; ///< 0: no terminal, nothing is cut

  /// Of this process: colours and width only on a terminal; `NO_COLOR` and
  /// `TERM=dumb` are obeyed.
  [[nodiscard]] static terminal of_output();

  [[nodiscard]] std::string paint(colour in, std::string_view text) const;
};

struct table_cell {
  std::string text;
  colour in = colour::plain;
};

/// Rows under headings, columns as wide as their widest cell; the last one
/// takes what is left of the line.
class table {
public:
  explicit table(std::vector<std::string> headings);
  void add(std::vector<table_cell> row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Lines with their ends.
  [[nodiscard]] std::string print(const terminal& on,
                                  std::size_t indent = 0) const;

private:
  std::vector<std::string> headings_;
  std::vector<std::vector<table_cell>> rows_;
};

} // namespace telltale::commands
