#include "commands/sink_sign.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "commands/sink_wire.hpp"

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

bool is_robot_secret(std::string_view secret) noexcept {
  return secret.starts_with("SEC");
}

robot_signature check_robot(const http::request& what,
                            std::span<const std::string> secrets,
                            timestamp now) {
  const auto when = value_in_query(what, "timestamp");
  const auto sign = value_in_query(what, "sign");
  const bool known = std::ranges::any_of(secrets, is_robot_secret);
  if (when.empty() && sign.empty())
    return known ? robot_signature::wrong : robot_signature::fine;
  std::int64_t sent = 0;
  const auto* end = when.data() + when.size();
  const auto [stop, error] = std::from_chars(when.data(), end, sent);
  if (error != std::errc{} || stop != end || sign.empty())
    return robot_signature::wrong;
  const auto age =
      std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch()
      - std::chrono::milliseconds{sent};
  if (std::chrono::abs(age) > std::chrono::hours{1})
    return robot_signature::stale;
  if (!known) // somebody else's secret: at least it looks like a signature
    return sign.size() == signature_of("", "").size()
                   && decoded(sign).size() == SHA256_DIGEST_LENGTH
               ? robot_signature::fine
               : robot_signature::wrong;
  const bool matches =
      std::ranges::any_of(secrets, [&](const std::string& secret) {
        return is_robot_secret(secret)
               && sign == signature_of(secret, when + "\n" + secret);
      });
  return matches ? robot_signature::fine : robot_signature::wrong;
}

} // namespace telltale::commands
