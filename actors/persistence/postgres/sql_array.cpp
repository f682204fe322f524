#include "actors/persistence/postgres/sql_array.hpp"

namespace telltale {

void sql_array::add(const uuid& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  char text[32];
  std::size_t at = 0;
  for (const auto byte : id.bytes) {
    text[at++] = digits[byte >> 4U];
    text[at++] = digits[byte & 15U];
  }
  add_plain({text, sizeof text}); // PostgreSQL reads uuids without hyphens
}

void sql_array::add(std::string_view value) {
  separate();
  const auto begin = text_.size();
  text_.resize(begin + 2 * value.size() + 2); // the most that it can need
  char* to = text_.data() + begin;
  *to++ = '"';
  for (const char c : value) {
    if (c == '"' || c == '\\')
      *to++ = '\\';
    *to++ = c;
  }
  *to++ = '"';
  text_.resize(static_cast<std::size_t>(to - text_.data()));
}

} // namespace telltale
