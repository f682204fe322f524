#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

// Letters, digits and blanks of ASCII, whatever the locale. Bytes above 127 are
// none of them and stay as they are. Safe on any thread.

namespace telltale::text {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || is_upper(c);
}

[[nodiscard]] constexpr bool is_alnum(char c) noexcept {
  return is_letter(c) || is_digit(c);
}

[[nodiscard]] constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

[[nodiscard]] constexpr char lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

/// Without the characters of `what` at both ends.
[[nodiscard]] constexpr std::string_view
trimmed(std::string_view text, std::string_view what = " \t") noexcept {
  const auto first = text.find_first_not_of(what);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(what) - first + 1);
}

template <std::size_t N> [[nodiscard]] constexpr bool
is_one_of(std::string_view word,
          const std::array<std::string_view, N>& words) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace telltale::text
