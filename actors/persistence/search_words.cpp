#include "actors/persistence/search_words.hpp"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <utility>

namespace telltale {

namespace {

constexpr std::size_t most_words = 10;
constexpr std::size_t letters_of_trigram = 3;

constexpr bool is_ascii_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Scripts whose characters have no case, so that every locale folds them to
/// themselves.
constexpr bool is_caseless_letter(std::uint32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF)
         || (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0x20000 && c <= 0x3FFFF);
}

/// The character at `at`, which moves behind it; what is no UTF-8 counts as a
/// character of one byte.
std::uint32_t next_character(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  const std::size_t more = first >= 0xF0   ? 3
                           : first >= 0xE0 ? 2
                           : first >= 0xC0 ? 1
                                           : 0;
  if (more == 0 || text.size() - at < more)
    return first;
  std::uint32_t result = first & (0x3FU >> more);
  for (std::size_t i = 0; i < more; ++i)
    result = (result << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  at += more;
  return result;
}

/// Digits of a base that has few, then an end that no digit is, so that where
/// one character ends is never in doubt.
void append_letters(std::string& out, std::uint32_t character) {
  constexpr std::string_view digits = "abcdefghijklmnop";
  for (int shift = 16; shift >= 0; shift -= 4)
    out += digits[(character >> shift) & 0xFU];
  out += 'z';
}

} // namespace

std::string fold_words(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      const char c = text[at++];
      result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      continue;
    }
    const auto character = next_character(text, at);
    if (is_caseless_letter(character))
      append_letters(result, character);
    else
      result += ' ';
  }
  return result;
}

std::vector<std::string> words_of(std::string_view search) {
  std::istringstream stream{std::string{search}};
  std::vector<std::string> result;
  for (std::string word; result.size() < most_words && stream >> word;)
    result.push_back(std::move(word));
  return result;
}

std::string containing(std::string_view word) {
  std::string pattern = "%";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '\\')
      pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

std::vector<std::string>
indexed_patterns(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  for (const auto& word : words) {
    const auto folded = fold_words(word);
    std::size_t run = 0;
    const auto has_trigram = std::ranges::any_of(folded, [&](char c) {
      run = is_ascii_word(c) ? run + 1 : 0;
      return run == letters_of_trigram;
    });
    if (has_trigram)
      result.push_back(containing(folded));
  }
  return result;
}

} // namespace telltale
