#include "messages/blank.hpp"

#include <cstddef>
#include <cstdint>

namespace telltale {

namespace {

struct decoded {
  std::uint32_t code = 0;
  std::size_t size = 1;
};

/// The character at a place; a byte that begins none counts as itself.
decoded decode(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const auto first = byte(at);
  const std::size_t size = first >= 0xf0   ? 4
                           : first >= 0xe0 ? 3
                           : first >= 0xc0 ? 2
                                           : 1;
  if (size == 1 || at + size > text.size())
    return {first, 1};
  std::uint32_t code = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i)
    code = (code << 6U) | (byte(at + i) & 0x3fU);
  return {code, size};
}

bool is_unseen(std::uint32_t code) noexcept {
  return code <= 0x20 || code == 0x7f || code == 0x85 || code == 0xa0
         || code == 0xad || code == 0x3000 || code == 0xfeff
         || (code >= 0x2000 && code <= 0x200f)
         || (code >= 0x2028 && code <= 0x202f)
         || (code >= 0x205f && code <= 0x206f);
}

} // namespace

bool is_blank(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const auto next = decode(text, at);
    if (!is_unseen(next.code))
      return false;
    at += next.size;
  }
  return true;
}

} // namespace telltale
