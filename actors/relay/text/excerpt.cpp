#include "actors/relay/text/excerpt.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "text/utf8.hpp"

namespace telltale {

namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::string_view placeholder = "[REDACTED:";

/// A run of marks longer than this is an attack on the reader, not a letter.
constexpr std::size_t longest_cluster = 32;

struct range {
  char32_t first;
  char32_t last;
};

/// What clings to the character before it: the marks of the scripts that chats
/// are written in, joiners, variation selectors, emoji modifiers, tags.
constexpr std::array marks{
    range{0x0300, 0x036F},   range{0x0483, 0x0489},   range{0x0591, 0x05BD},
    range{0x05BF, 0x05C7},   range{0x0610, 0x061A},   range{0x064B, 0x065F},
    range{0x0670, 0x0670},   range{0x06D6, 0x06DC},   range{0x06DF, 0x06E4},
    range{0x0900, 0x0903},   range{0x093A, 0x093C},   range{0x093E, 0x094F},
    range{0x0962, 0x0963},   range{0x0981, 0x0983},   range{0x09BC, 0x09CD},
    range{0x0A01, 0x0A03},   range{0x0A3C, 0x0A51},   range{0x0B01, 0x0B03},
    range{0x0BBE, 0x0BCD},   range{0x0C00, 0x0C04},   range{0x0C3E, 0x0C56},
    range{0x0D3B, 0x0D4D},   range{0x0E31, 0x0E31},   range{0x0E34, 0x0E3A},
    range{0x0E47, 0x0E4E},   range{0x0EB1, 0x0EBC},   range{0x0F71, 0x0F84},
    range{0x102B, 0x103E},   range{0x1160, 0x11FF},   range{0x1AB0, 0x1AFF},
    range{0x1DC0, 0x1DFF},   range{0x200C, 0x200D},   range{0x20D0, 0x20F0},
    range{0x302A, 0x302F},   range{0x3099, 0x309A},   range{0xFE00, 0xFE0F},
    range{0xFE20, 0xFE2F},   range{0x1F3FB, 0x1F3FF}, range{0xE0020, 0xE007F},
    range{0xE0100, 0xE01EF},
};

bool clings(char32_t code) noexcept {
  return std::ranges::any_of(marks, [code](const range& r) {
    return code >= r.first && code <= r.last;
  });
}

bool is_flag_half(char32_t code) noexcept {
  return code >= 0x1F1E6 && code <= 0x1F1FF;
}

/// What a reader does not see and what would change how the rest is read. A
/// byte that is no UTF-8 is none.
bool is_control(const text::character& what) noexcept {
  const auto code = what.code;
  if (what.size == 1)
    return (code < 0x20 && code != '\n' && code != '\t') || code == 0x7F;
  return code < 0xA0 || (code >= 0x202A && code <= 0x202E)
         || (code >= 0x2066 && code <= 0x2069);
}

constexpr char32_t joiner = 0x200D;

struct piece {
  char32_t code;
  std::size_t at;
};

/// May a reader's character end before `pieces[at]`?
bool is_border(const std::vector<piece>& pieces, std::size_t at) {
  if (at == 0 || at >= pieces.size())
    return true;
  if (clings(pieces[at].code) || pieces[at - 1].code == joiner)
    return false;
  if (pieces[at].code == '\n' && pieces[at - 1].code == '\r')
    return false;
  if (!is_flag_half(pieces[at].code))
    return true;
  std::size_t halves = 0; // an odd number of them before: inside a flag
  while (halves < at && is_flag_half(pieces[at - halves - 1].code))
    ++halves;
  return halves % 2 == 0;
}

/// Where an unfinished placeholder begins in the text's end, or its size.
std::size_t before_open_placeholder(std::string_view text,
                                    std::size_t cut) noexcept {
  const auto open = text.rfind('[', cut == 0 ? 0 : cut - 1);
  if (open == std::string_view::npos || open >= cut
      || !text.substr(open).starts_with(placeholder))
    return cut;
  const auto close = text.find(']', open);
  return close != std::string_view::npos && close >= cut && close - open < 64
             ? open
             : cut;
}

} // namespace

std::string excerpt(std::string_view text, std::size_t limit) {
  if (text.size() <= limit)
    return std::string{text};
  std::vector<piece> pieces;
  for (std::size_t at = 0; at < text.size() && pieces.size() <= limit;) {
    const auto next = text::decode_or_byte(text, at);
    pieces.push_back({next.code, at});
    at += next.size;
  }
  if (pieces.size() <= limit)
    return std::string{text};
  if (limit == 0)
    return {};
  std::size_t keep = limit - 1; // one for the ellipsis
  for (std::size_t back = 0; back < longest_cluster && back <= keep; ++back)
    if (is_border(pieces, keep - back)) {
      keep -= back;
      break;
    }
  const auto cut = before_open_placeholder(text, pieces[keep].at);
  auto kept = text.substr(0, cut);
  while (!kept.empty() && (kept.back() == ' ' || kept.back() == '\n'))
    kept.remove_suffix(1);
  return std::string{kept} + std::string{ellipsis};
}

std::string tidy(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto next = text::decode_or_byte(text, at);
    if (!is_control(next))
      result += text.substr(at, next.size);
    at += next.size;
  }
  const auto first = result.find_first_not_of(" \t\n");
  if (first == std::string::npos)
    return {};
  return result.substr(first, result.find_last_not_of(" \t\n") - first + 1);
}

std::string one_line(std::string_view text) {
  std::string result;
  for (const char c : tidy(text)) {
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank)
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  return result;
}

} // namespace telltale
