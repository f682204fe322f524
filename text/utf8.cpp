#include "text/utf8.hpp"

#include <algorithm>

#include <utf8cpp/utf8.h>

namespace telltale::text {

namespace {

constexpr std::size_t longest_sequence = 4;

unsigned char byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

/// Up to the first byte that is none of UTF-8.
std::size_t valid_size(std::string_view text) noexcept {
  const auto* const end = text.data() + text.size();
  return static_cast<std::size_t>(::utf8::find_invalid(text.data(), end)
                                  - text.data());
}

} // namespace

std::optional<character> decode(std::string_view text,
                                std::size_t at) noexcept {
  if (byte_at(text, at) < 0x80)
    return character{byte_at(text, at), 1};
  if (valid_size(text.substr(at, longest_sequence)) == 0)
    return std::nullopt;
  const auto* const begin = text.data() + at;
  const auto* next = begin;
  const auto code = static_cast<char32_t>(::utf8::unchecked::next(next));
  return character{code, static_cast<std::size_t>(next - begin)};
}

character decode_or_byte(std::string_view text, std::size_t at) noexcept {
  return decode(text, at).value_or(character{byte_at(text, at), 1});
}

bool is_valid(std::string_view text) noexcept {
  return valid_size(text) == text.size();
}

bool has_ascii_control(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::size_t count_characters(std::string_view text) noexcept {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto valid = text.substr(0, valid_size(text));
    count += static_cast<std::size_t>(std::ranges::count_if(
        valid, [](char c) { return !is_continuation(c); }));
    text.remove_prefix(valid.size());
    if (!text.empty()) {
      ++count;
      text.remove_prefix(1);
    }
  }
  return count;
}

std::size_t utf16_units(std::string_view text) noexcept {
  std::size_t units = 0;
  for (const char c : text)
    if (!is_continuation(c)) // what lies beyond U+FFFF takes two
      units += static_cast<unsigned char>(c) >= 0xf0U ? 2 : 1;
  return units;
}

std::string_view first_characters(std::string_view text,
                                  std::size_t count) noexcept {
  std::size_t at = 0;
  while (at < text.size() && (count != 0 || is_continuation(text[at]))) {
    if (!is_continuation(text[at]))
      --count;
    ++at;
  }
  return text.substr(0, at);
}

std::string_view last_characters(std::string_view text,
                                 std::size_t count) noexcept {
  auto at = text.size();
  while (at > 0 && count != 0) {
    --at;
    if (!is_continuation(text[at]))
      --count;
  }
  return text.substr(at);
}

std::string replace_invalid(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto next = decode(text, at);
    const auto size = next ? next->size : 1;
    result += next ? text.substr(at, size) : replacement;
    at += size;
  }
  return result;
}

bool acts_on_display(char32_t code) noexcept {
  const auto within = [code](char32_t first, char32_t last) {
    return code >= first && code <= last;
  };
  return code < 0x20 || within(0x7f, 0x9f) || code == 0x061c
         || within(0x200e, 0x200f) || within(0x2028, 0x202e)
         || within(0x2066, 0x2069);
}

std::string display_line(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, size] = decode_or_byte(text, at);
    // A byte that begins no character is no C1 control: it is replaced later.
    if (size == 1 && code >= 0x80)
      result += text[at];
    else if (!acts_on_display(code))
      result += text.substr(at, size);
    else if ((code >= 0x09 && code <= 0x0d) || code == 0x85 || code == 0x2028
             || code == 0x2029)
      result += ' ';
    at += size;
  }
  return result;
}

} // namespace telltale::text
