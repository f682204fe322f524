#include "commands/sink_sign.hpp"

#include <array>
#include <cstdint>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace telltale::commands {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string decoded(std::string_view text) {
  std::string result;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos)
      break;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      result += static_cast<char>((bits >> held) & 0xFFU);
    }
  }
  return result;
}

std::string encoded(std::string_view data) {
  std::string result;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = (bits << 8U)
             | (i + k < data.size() ? static_cast<unsigned char>(data[i + k])
                                    : 0U);
    for (unsigned k = 0; k < 4; ++k)
      result += i + k > data.size()
                    ? '='
                    : alphabet[(bits >> (18U - 6U * k)) & 0x3FU];
  }
  return result;
}

} // namespace

std::string signature_of(std::string_view secret, std::string_view text) {
  constexpr std::string_view prefix = "whsec_";
  const auto key = secret.starts_with(prefix)
                       ? decoded(secret.substr(prefix.size()))
                       : std::string{secret};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       digest.data(), &size);
  return encoded({reinterpret_cast<const char*>(digest.data()), size});
}

} // namespace telltale::commands
