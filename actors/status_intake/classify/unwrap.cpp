#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <vector>

#include "text/ascii.hpp"

#include "actors/status_intake/classify/plain_text.hpp"

namespace telltale {

namespace {

using text::is_letter;

using namespace std::string_view_literals;

/// Narrower than any terminal.
constexpr std::size_t least_width = 40;
/// Widths of terminals and of what formats for them.
constexpr std::array usual_widths{72U,  76U,  78U,  79U,  80U,
                                  100U, 120U, 132U, 160U, 200U};

struct wrapped_line {
  std::string_view text;  ///< without blanks at its end
  std::size_t indent = 0; ///< blanks at its begin
  std::size_t width = 0;  ///< in columns
};

/// Columns that a text takes; characters of East Asia take two.
std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80 || (c >= 0xc0 && c < 0xe3))
      ++columns;
    else if (c >= 0xe3)
      columns += 2;
  }
  return columns;
}

std::vector<wrapped_line> lines_of(std::string_view text) {
  std::vector<wrapped_line> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    const auto last = line.find_last_not_of(" \t");
    line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
    const auto first = std::min(line.find_first_not_of(" \t"), line.size());
    out.push_back({line, first, columns_of(line)});
    at = end + 1;
  }
  return out;
}

std::string_view first_word(const wrapped_line& line) {
  const auto rest = line.text.substr(line.indent);
  return rest.substr(0, rest.find_first_of(" \t"));
}

/// Does a line begin something of its own, whatever came before?
bool begins_record(const wrapped_line& line) {
  const auto text = line.text.substr(line.indent);
  if (text.empty())
    return true;
  const auto starts = [text](auto... heads) {
    return (text.starts_with(heads) || ...);
  };
  if (starts("- "sv, "* "sv, "+ "sv, "> "sv, "$ "sv, "# "sv, "at "sv,
             "File \""sv, "\xe2\x97\x8f"sv, "\xe2\x8e\xbf"sv, "\xe2\x8f\xba"sv,
             "\xe2\x80\xa2"sv, "\xe2\x9c"sv, "```"sv, "Traceback"sv, "{\""sv,
             "diff "sv, "@@"sv))
    return true;
  const auto word = first_word(line);
  if (word.size() >= 8 && word[0] >= '0' && word[0] <= '9'
      && (word.find(':') != word.npos || word.find('-') != word.npos))
    return true; // a time
  if (word.front() == '[' && word.back() == ']')
    return true;
  // `error:`, `fatal:`, `API Error:`, `anthropic.BadRequestError:`
  const auto colon = text.substr(0, 48).find(": ");
  if (colon == text.npos || !is_letter(text.front()))
    return false;
  const auto name = text.substr(0, colon);
  const auto blanks = std::count(name.begin(), name.end(), ' ');
  return blanks == 0 ? name.ends_with("rror") || name.ends_with("ERROR")
                           || name.ends_with("xception") || name == "fatal"sv
                           || name == "panic"sv
                     : blanks == 1 && name.ends_with("rror");
}

/// How a text's lines were wrapped.
struct wrapping {
  std::size_t width = 0; ///< 0: not at all
  bool cuts_words = false;
};

bool is_usual(std::size_t width) {
  return std::find(usual_widths.begin(), usual_widths.end(), width)
         != usual_widths.end();
}

bool ends_sentence(const wrapped_line& line) {
  return !line.text.empty()
         && ".!?:;"sv.find(line.text.back()) != std::string_view::npos;
}

/// Would the next line's first word not have fitted any more?
bool is_full(const wrapped_line& line, const wrapped_line& next,
             std::size_t width) {
  if (ends_sentence(line))
    return false;
  const auto word = columns_of(first_word(next));
  return line.width < width && line.width + width / 2 > width
         && line.width + 1 + word > width;
}

wrapping find_wrapping(const std::vector<wrapped_line>& lines) {
  std::size_t width = 0;
  for (const auto& line : lines)
    width = std::max(width, line.width);
  if (lines.size() < 2 || width < least_width)
    return {};
  std::size_t cut = 0;
  std::size_t full = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i + 1].text.empty())
      continue;
    if (lines[i].width == width)
      cut += ends_sentence(lines[i]) && !is_usual(width) ? 0U : 1U;
    else if (is_full(lines[i], lines[i + 1], width)
             && !begins_record(lines[i + 1]))
      ++full;
  }
  if (cut + full < 2 && !(is_usual(width) && cut + full == 1))
    return {};
  return {width, full == 0 || cut > 3 * full};
}

/// A word that does not fit on any line is cut by everybody.
constexpr std::size_t long_word = 20;

/// Blanks between what is joined: none if a word was cut.
std::string_view glue(const wrapping& how, const wrapped_line& line) {
  const auto blank = line.text.find_last_of(" \t");
  const auto word =
      line.text.size() - (blank == line.text.npos ? 0 : blank + 1);
  return line.width == how.width && (how.cuts_words || word >= long_word)
             ? ""sv
             : " "sv;
}

bool continues(const wrapping& how, const wrapped_line& line,
               const wrapped_line& next) {
  if (how.width == 0 || next.text.empty())
    return false;
  if (line.width == how.width && ends_sentence(line)
      && (!is_usual(how.width)
          || std::isupper(static_cast<unsigned char>(next.text[next.indent]))
                 != 0))
    return false;
  if (line.width == how.width)
    return how.cuts_words ? next.indent == 0 || !begins_record(next)
                          : !begins_record(next);
  return is_full(line, next, how.width) && !begins_record(next);
}

/// `"key": …`, `key: …`, or what closes a structure.
bool is_member(const wrapped_line& line) {
  const auto text = line.text.substr(line.indent);
  if (text.empty())
    return false;
  if ("}])"sv.find(text.front()) != text.npos)
    return true;
  if (text.front() == '"' || text.front() == '\'') {
    const auto close = text.find(text.front(), 1);
    return close != text.npos && text.substr(close + 1).starts_with(':');
  }
  const auto word = first_word(line);
  return line.indent > 0 && word.size() > 1 && word.back() == ':'
         && std::all_of(word.begin(), word.end() - 1,
                        [](char c) { return is_letter(c) || c == '_'; });
}

bool opens_structure(const wrapped_line& line) {
  return !line.text.empty()
         && (line.text.back() == '{' || line.text.back() == '[');
}

/// A structure of more lines than this stays as it is.
constexpr std::size_t longest_structure = 60;

} // namespace

std::string unwrapped(std::string text) {
  if (text.find('\n') == std::string::npos)
    return text;
  const auto lines = lines_of(text);
  const auto how = find_wrapping(lines);
  std::string out;
  out.reserve(text.size());
  std::size_t joined = 0; ///< lines of the structure that is open
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    const bool follows = i > 0 && out.size() > 0 && out.back() != '\n';
    out.append(follows ? line.text.substr(line.indent) : line.text);
    if (i + 1 == lines.size())
      break;
    const auto& next = lines[i + 1];
    if (opens_structure(line) && joined == 0 && is_member(next))
      joined = 1;
    if (joined > 0 && joined < longest_structure && is_member(next)) {
      ++joined;
      out.push_back(' ');
      continue;
    }
    joined = 0;
    if (continues(how, line, next))
      out.append(glue(how, line));
    else
      out.push_back('\n');
  }
  return out;
}

} // namespace telltale
