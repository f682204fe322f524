#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace telltale::redact {

/// Kinds of byte, as bits; a set of characters is an or of them.
namespace glyph {
inline constexpr std::uint16_t digit = 1U << 0U;
inline constexpr std::uint16_t hex_letter = 1U << 1U; ///< a-f A-F
inline constexpr std::uint16_t lower = 1U << 2U;
inline constexpr std::uint16_t upper = 1U << 3U;
inline constexpr std::uint16_t underscore = 1U << 4U;
inline constexpr std::uint16_t dash = 1U << 5U;
inline constexpr std::uint16_t dot = 1U << 6U;
inline constexpr std::uint16_t plus_slash = 1U << 7U;
inline constexpr std::uint16_t equals = 1U << 8U;
inline constexpr std::uint16_t tilde = 1U << 9U;
inline constexpr std::uint16_t blank = 1U << 10U; ///< space, tab
inline constexpr std::uint16_t line_end = 1U << 11U;
inline constexpr std::uint16_t quote = 1U << 12U; ///< ' " `
inline constexpr std::uint16_t high = 1U << 13U;  ///< not ASCII
inline constexpr std::uint16_t control = 1U << 14U;
inline constexpr std::uint16_t mark = 1U << 15U; ///< the rest of ASCII

inline constexpr std::uint16_t letter = lower | upper;
inline constexpr std::uint16_t alnum = letter | digit;
inline constexpr std::uint16_t hex = digit | hex_letter;
inline constexpr std::uint16_t word = alnum | underscore;
inline constexpr std::uint16_t url_safe = word | dash;
inline constexpr std::uint16_t base64 = alnum | plus_slash | equals;
inline constexpr std::uint16_t token = url_safe | dot | plus_slash | equals;
inline constexpr std::uint16_t space = blank | line_end;
} // namespace glyph

namespace detail {
constexpr std::array<std::uint16_t, 256> make_glyphs() {
  std::array<std::uint16_t, 256> out{};
  for (std::size_t i = 0; i < 256; ++i) {
    const auto c = static_cast<unsigned char>(i);
    std::uint16_t kind = glyph::mark;
    if (c >= '0' && c <= '9')
      kind = glyph::digit;
    else if (c >= 'a' && c <= 'z')
      kind = glyph::lower;
    else if (c >= 'A' && c <= 'Z')
      kind = glyph::upper;
    else if (c == '_')
      kind = glyph::underscore;
    else if (c == '-')
      kind = glyph::dash;
    else if (c == '.')
      kind = glyph::dot;
    else if (c == '+' || c == '/')
      kind = glyph::plus_slash;
    else if (c == '=')
      kind = glyph::equals;
    else if (c == '~')
      kind = glyph::tilde;
    else if (c == ' ' || c == '\t')
      kind = glyph::blank;
    else if (c == '\n' || c == '\r')
      kind = glyph::line_end;
    else if (c == '"' || c == '\'' || c == '`')
      kind = glyph::quote;
    else if (c >= 0x80)
      kind = glyph::high;
    else if (c < 0x20 || c == 0x7f)
      kind = glyph::control;
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
      kind = static_cast<std::uint16_t>(kind | glyph::hex_letter);
    out[i] = kind;
  }
  return out;
}
inline constexpr auto glyphs = make_glyphs();
} // namespace detail

[[nodiscard]] constexpr std::uint16_t glyph_of(char c) noexcept {
  return detail::glyphs[static_cast<unsigned char>(c)];
}

/// Is `c` one of a set of kinds? `glyph::hex` means digits and a-f alone.
[[nodiscard]] constexpr bool is(char c, std::uint16_t set) noexcept {
  return (glyph_of(c) & set) != 0;
}

[[nodiscard]] constexpr char lowered(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Equal but for the case of ASCII letters; `lower` is lower case already.
[[nodiscard]] constexpr bool equals_lowered(std::string_view text,
                                            std::string_view lower) noexcept {
  if (text.size() != lower.size())
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (lowered(text[i]) != lower[i])
      return false;
  return true;
}

/// Does `what` stand at `at`? `at` is no more than the text's size.
[[nodiscard]] constexpr bool starts_at(std::string_view text, std::size_t at,
                                       std::string_view what) noexcept {
  if (text.size() - at < what.size())
    return false;
  for (std::size_t i = 0; i < what.size(); ++i)
    if (text[at + i] != what[i])
      return false;
  return true;
}

/// First position at or after `from` whose character is not in the set.
[[nodiscard]] constexpr std::size_t
skip(std::string_view text, std::size_t from, std::uint16_t set) noexcept {
  while (from < text.size() && is(text[from], set))
    ++from;
  return from;
}

/// First position at or before `from` so that all of `[it, from)` is in the
/// set.
[[nodiscard]] constexpr std::size_t skip_back(std::string_view text,
                                              std::size_t from,
                                              std::uint16_t set,
                                              std::size_t most) noexcept {
  const auto stop = from > most ? from - most : 0;
  while (from > stop && is(text[from - 1], set))
    --from;
  return from;
}

/// What a run of characters is made of.
struct makeup {
  std::size_t digits = 0;
  std::size_t lowers = 0;
  std::size_t uppers = 0;
  std::size_t others = 0;     ///< neither letter nor digit
  std::size_t hex = 0;        ///< digits and a-f
  std::size_t longest = 0;    ///< longest run of letters and digits
  std::size_t switches = 0;   ///< changes between letter, digit and case
  std::size_t letter_run = 0; ///< longest run of letters of one case
  bool all_printable = true;
};

[[nodiscard]] makeup study(std::string_view text) noexcept;

/// How often a character stands in a text.
[[nodiscard]] std::size_t count_of(std::string_view text, char wanted) noexcept;

/// Has the text at least two bits of entropy a character?
[[nodiscard]] bool is_varied(std::string_view text) noexcept;

/// Shannon entropy of the bytes, in bits a character.
[[nodiscard]] double entropy(std::string_view text) noexcept;

/// May a word begin at `at`? True at the start, after anything but a letter or
/// digit, and after an escape such as `\n`, `%3D` or `\u0027`.
[[nodiscard]] bool begins_word(std::string_view text, std::size_t at) noexcept;

} // namespace telltale::redact
