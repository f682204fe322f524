#include "commands/client/terminal.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "text/utf8.hpp"

namespace telltale::commands {

namespace {

using namespace std::chrono_literals;

/// What stands at `at`; U+FFFD for a byte that is none of UTF-8.
text::character decode(std::string_view text, std::size_t at) {
  return text::decode(text, at).value_or(text::character{0xfffd, 1});
}

bool is_between(char32_t point, char32_t first, char32_t last) {
  return point >= first && point <= last;
}

/// Marks that change the direction or order of what follows, and those that
/// cannot be seen.
bool is_unseen(char32_t point) {
  return is_between(point, 0x200b, 0x200f) || is_between(point, 0x202a, 0x202e)
         || is_between(point, 0x2060, 0x206f) || point == 0xfeff
         || point == 0x061c;
}

bool is_mark(char32_t point) {
  return is_between(point, 0x0300, 0x036f) || is_between(point, 0x1ab0, 0x1aff)
         || is_between(point, 0x20d0, 0x20ff)
         || is_between(point, 0xfe00, 0xfe0f)
         || is_between(point, 0xe0100, 0xe01ef) || point == 0x200d;
}

/// East Asian wide and full-width characters, and emoji.
bool is_wide(char32_t point) {
  static constexpr std::array<std::pair<char32_t, char32_t>, 13> ranges{{
      {0x1100, 0x115f},
      {0x231a, 0x231b},
      {0x23e9, 0x23f3},
      {0x26a1, 0x26a1},
      {0x2705, 0x2705},
      {0x274c, 0x274e},
      {0x2e80, 0x303e},
      {0x3041, 0xa4cf},
      {0xac00, 0xd7a3},
      {0xf900, 0xfaff},
      {0xfe30, 0xfe6f},
      {0xff00, 0xff60},
      {0x1f300, 0x1faff},
  }};
  return is_between(point, 0x20000, 0x3fffd)
         || std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
              return is_between(point, range.first, range.second);
            });
}

std::size_t width_of(char32_t point) {
  return is_mark(point) ? 0 : is_wide(point) ? 2 : 1;
}

std::string_view code_of(colour in) {
  switch (in) {
  case colour::plain:
    return "";
  case colour::dim:
    return "\033[2m";
  case colour::bold:
    return "\033[1m";
  case colour::red:
    return "\033[31m";
  case colour::green:
    return "\033[32m";
  case colour::yellow:
    return "\033[33m";
  case colour::cyan:
    return "\033[36m";
  }
  return "";
}

/// Length of the escape sequence that begins at `at`.
std::size_t escape_length(std::string_view text, std::size_t at) {
  auto end = at + 1;
  if (end < text.size() && text[end] == '[') {
    for (++end; end < text.size(); ++end)
      if (text[end] >= '@' && text[end] <= '~')
        return end + 1 - at;
  }
  return 1;
}

} // namespace

std::string printable(std::string_view text, bool keeps_lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, length] = decode(text, at);
    if (point == 0x1b) {
      at += escape_length(text, at);
      continue;
    }
    if (point == '\n' && keeps_lines)
      out += '\n';
    else if (point == '\n' || point == '\t')
      out += ' ';
    else if (point == 0xfffd && length == 1)
      out += text::replacement;
    else if (point >= 0x20 && !is_between(point, 0x7f, 0x9f)
             && !is_unseen(point))
      out += text.substr(at, length);
    at += length;
  }
  return out;
}

std::string first_line(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto line = printable(text.substr(begin, end - begin));
    if (line.find_first_not_of(' ') != std::string::npos)
      return line.substr(line.find_first_not_of(' '));
    begin = end + 1;
  }
  return {};
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, length] = decode(text, at);
    columns += width_of(point);
    at += length;
  }
  return columns;
}

std::string fit(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns)
    return std::string{text};
  if (columns == 0)
    return {};
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto [point, length] = decode(text, at);
    if (used + width_of(point) > columns - 1)
      break;
    used += width_of(point);
    at += length;
  }
  return std::string{text.substr(0, at)} + "\u2026";
}

std::string span_words(std::chrono::microseconds span) {
  span = std::max(span, std::chrono::microseconds{0});
  const auto count = [&](auto unit) {
    return std::to_string(std::chrono::floor<decltype(unit)>(span).count());
  };
  if (span < 1s)
    return count(std::chrono::milliseconds{}) + " ms";
  if (span < 2min)
    return count(std::chrono::seconds{}) + " s";
  if (span < 2h)
    return count(std::chrono::minutes{}) + " min";
  if (span < 48h)
    return count(std::chrono::hours{}) + " h";
  return count(std::chrono::days{}) + " d";
}

std::string age_words(timestamp when, timestamp now) {
  if (when > now + 1s)
    return "in " + span_words(when - now);
  if (now - when < 1s)
    return "now";
  return span_words(now - when) + " ago";
}

terminal terminal::of_output() {
  terminal out;
  if (::isatty(STDOUT_FILENO) == 0)
    return out;
  const auto* no_colour = std::getenv("NO_COLOR");
  const auto* kind = std::getenv("TERM");
  out.paints = (no_colour == nullptr || *no_colour == '\0') && kind != nullptr
               && std::string_view{kind} != "dumb";
  winsize size{};
  out.columns =
      ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
          ? size.ws_col
          : 80;
  return out;
}

std::string terminal::paint(colour in, std::string_view text) const {
  if (!paints || in == colour::plain || text.empty())
    return std::string{text};
  return std::string{code_of(in)} + std::string{text} + "\033[0m";
}

table::table(std::vector<std::string> headings)
    : headings_(std::move(headings)) {}

void table::add(std::vector<table_cell> row) {
  row.resize(headings_.size());
  rows_.push_back(std::move(row));
}

std::string table::print(const terminal& on, std::size_t indent) const {
  constexpr std::size_t gap = 2;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    auto widest = columns_of(headings_[i]);
    for (const auto& row : rows_)
      widest = std::max(widest, columns_of(row[i].text));
    widths.push_back(widest);
  }
  const auto line = [&](const auto& text_at, const auto& colour_at) {
    std::string out(indent, ' ');
    auto used = indent;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
      const auto is_last = i + 1 == headings_.size();
      auto text = std::string{text_at(i)};
      if (is_last && on.columns > 0)
        text = fit(text, on.columns > used + 8 ? on.columns - used : 8);
      const auto columns = columns_of(text);
      out += on.paint(colour_at(i), text);
      if (!is_last)
        out += std::string(widths[i] - columns + gap, ' ');
      used += widths[i] + gap;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  };
  auto out = line([&](std::size_t i) { return headings_[i]; },
                  [](std::size_t) { return colour::dim; });
  for (const auto& row : rows_)
    out += line([&](std::size_t i) { return row[i].text; },
                [&](std::size_t i) { return row[i].in; });
  return out;
}

} // namespace telltale::commands
