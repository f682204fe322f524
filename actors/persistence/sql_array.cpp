#include "actors/persistence/sql_array.hpp"

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
  text_.reserve(text_.size() + value.size() + 2);
  text_ += '"';
  while (!value.empty()) {
    const auto special = value.find_first_of("\"\\");
    text_ += value.substr(0, special);
    if (special == std::string_view::npos)
      break;
    text_ += '\\';
    text_ += value[special];
    value.remove_prefix(special + 1);
  }
  text_ += '"';
}

} // namespace telltale
