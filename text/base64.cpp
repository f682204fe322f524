#include "text/base64.hpp"

#include <algorithm>

#include <openssl/evp.h>

namespace telltale::text {

namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

bool is_of_alphabet(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
         || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

std::string_view without_padding(std::string_view text) noexcept {
  while (text.ends_with('='))
    text.remove_suffix(1);
  return text;
}

} // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // OpenSSL ends it
  const auto size = EVP_EncodeBlock(bytes_of(text), bytes_of(bytes),
                                    static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  const auto digits = without_padding(text);
  const auto missing = (4 - digits.size() % 4) % 4;
  // OpenSSL would pass over white space, and take `=` for a digit.
  if (missing == 3 || text.size() - digits.size() > missing
      || !std::ranges::all_of(digits, is_of_alphabet))
    return std::nullopt;
  std::string padded{digits};
  padded.append(missing, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(bytes_of(bytes), bytes_of(padded),
                      static_cast<int>(padded.size()))
      < 0)
    return std::nullopt;
  bytes.resize(bytes.size() - missing);
  return bytes;
}

std::string encode_base64url(std::string_view bytes) {
  auto text = encode_base64(bytes);
  text.resize(without_padding(text).size());
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string other{text};
  std::ranges::replace(other, '-', '+');
  std::ranges::replace(other, '_', '/');
  auto bytes = decode_base64(other);
  if (!bytes || encode_base64url(*bytes) != text)
    return std::nullopt;
  return bytes;
}

} // namespace telltale::text
