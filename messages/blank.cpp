#include "messages/blank.hpp"

#include <cstddef>

#include "text/utf8.hpp"

namespace telltale {

namespace {

bool is_unseen(char32_t code) noexcept {
  return code <= 0x20 || code == 0x7f || code == 0x85 || code == 0xa0
         || code == 0xad || code == 0x3000 || code == 0xfeff
         || (code >= 0x2000 && code <= 0x200f)
         || (code >= 0x2028 && code <= 0x202f)
         || (code >= 0x205f && code <= 0x206f);
}

} // namespace

bool is_blank(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const auto next = text::decode_or_byte(text, at);
    if (!is_unseen(next.code))
      return false;
    at += next.size;
  }
  return true;
}

} // namespace telltale
