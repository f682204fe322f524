#include "text/percent.hpp"

#include <algorithm>

#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace telltale::text {

std::string percent_encode(std::string_view text) {
  constexpr std::string_view marks = "-._~";
  std::string encoded;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || marks.find(c) != marks.npos) {
      encoded += c;
    } else {
      encoded += '%';
      append_hex(encoded, static_cast<unsigned char>(c), hex_case::upper);
    }
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text,
                                          bool plus_is_blank) {
  auto plain = text.find('%');
  if (plus_is_blank)
    plain = std::min(plain, text.find('+'));
  plain = std::min(plain, text.size());
  std::string decoded{text.substr(0, plain)};
  for (std::size_t i = plain; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && plus_is_blank) {
      decoded += ' ';
    } else if (c != '%') {
      decoded += c;
    } else {
      if (i + 2 >= text.size())
        return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0)
        return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!is_valid(decoded) || decoded.find('\0') != std::string::npos)
    return std::nullopt;
  return decoded;
}

} // namespace telltale::text
