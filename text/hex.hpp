#pragma once

#include <string>
#include <string_view>

namespace telltale::text {

enum class hex_case : unsigned char { lower, upper };

/// The value of a hexadecimal digit of either case; -1 if it is none.
[[nodiscard]] constexpr int hex_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  if (digit >= 'a' && digit <= 'f')
    return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F')
    return digit - 'A' + 10;
  return -1;
}

/// The two digits of a byte, behind what `to` holds.
inline void append_hex(std::string& to, unsigned char byte,
                       hex_case letters = hex_case::lower) {
  const std::string_view digits =
      letters == hex_case::upper ? "0123456789ABCDEF" : "0123456789abcdef";
  to += digits[byte >> 4U];
  to += digits[byte & 15U];
}

[[nodiscard]] std::string to_hex(std::string_view bytes);

} // namespace telltale::text
