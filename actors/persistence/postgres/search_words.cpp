#include "actors/persistence/postgres/search_words.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "text/utf8.hpp"

namespace telltale {

namespace {

constexpr std::size_t most_words = 10;
constexpr std::size_t letters_of_trigram = 3;

constexpr bool is_ascii_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Scripts whose characters have no case, so that every locale folds them to
/// themselves.
constexpr bool is_caseless_letter(char32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF)
         || (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0x20000 && c <= 0x3FFFF);
}

/// Digits of a base that has few, then an end that no digit is, so that where
/// one character ends is never in doubt.
void append_letters(std::string& out, char32_t character) {
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
    const auto next = text::decode_or_byte(text, at);
    at += next.size;
    if (is_caseless_letter(next.code))
      append_letters(result, next.code);
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
