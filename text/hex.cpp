#include "text/hex.hpp"

namespace telltale::text {

std::string to_hex(std::string_view bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (const char byte : bytes)
    append_hex(digits, static_cast<unsigned char>(byte));
  return digits;
}

} // namespace telltale::text
