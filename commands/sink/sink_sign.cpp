#include "commands/sink/sink_sign.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "commands/sink/sink_wire.hpp"
#include "text/base64.hpp"

namespace telltale::commands {

namespace {

std::string key_of(std::string_view secret) {
  constexpr std::string_view prefix = "whsec_";
  if (!secret.starts_with(prefix))
    return std::string{secret};
  secret.remove_prefix(prefix.size());
  return text::decode_base64(secret).value_or(std::string{secret});
}

bool is_digest(std::string_view sign) {
  const auto bytes = text::decode_base64(sign);
  return bytes && bytes->size() == SHA256_DIGEST_LENGTH;
}

} // namespace

std::string signature_of(std::string_view secret, std::string_view text) {
  const auto key = key_of(secret);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       digest.data(), &size);
  return text::encode_base64(
      {reinterpret_cast<const char*>(digest.data()), size});
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
    return sign.size() == signature_of("", "").size() && is_digest(sign)
               ? robot_signature::fine
               : robot_signature::wrong;
  const bool matches =
      std::ranges::any_of(secrets, [&](const std::string& secret) {
        return is_robot_secret(secret)
               && sign == signature_of(secret, when + "\n" + secret);
      });
  return matches ? robot_signature::fine : robot_signature::wrong;
}

bool is_lark_bot_signed(const http::request& what,
                        std::span<const std::string> secrets) {
  constexpr std::int64_t an_hour = 3600;
  const auto body = parse_object(what.body);
  const auto when = body ? text_at(*body, "timestamp") : std::string{};
  bool known = false;
  bool fits = false;
  for (const auto& secret : secrets) {
    if (secret.starts_with("whsec_") || is_robot_secret(secret))
      continue;
    known = true;
    // What is signed is empty; the text is the key.
    fits = fits
           || signature_of(when + "\n" + secret, {}) == text_at(*body, "sign");
  }
  if (!known)
    return true;
  std::int64_t moment = 0;
  std::from_chars(when.data(), when.data() + when.size(), moment);
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       now_utc().time_since_epoch())
                       .count();
  return fits && std::abs(now - moment) <= an_hour;
}

} // namespace telltale::commands
