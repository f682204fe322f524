#include "actors/gateway/edge/page_session.hpp"

#include <array>
#include <stdexcept>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "actors/gateway/edge/access.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

namespace telltale {

namespace {

constexpr std::size_t id_bytes = 32;

template <std::size_t Size>
std::string_view as_text(const std::array<unsigned char, Size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

std::string make_session_id() {
  std::array<unsigned char, id_bytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error{"OpenSSL has no random bytes"};
  return text::encode_base64url(as_text(bytes));
}

std::string hash_of_session(std::string_view id) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(id.data()), id.size(),
         hash.data());
  return text::to_hex(as_text(hash));
}

std::optional<std::string> find_session_id(const http::request& what) {
  for (const bool secure : {true, false})
    if (auto id = find_cookie(what, session_cookie(secure))) {
      const auto bytes = text::decode_base64url(*id);
      if (bytes && bytes->size() == id_bytes)
        return id;
    }
  return std::nullopt;
}

std::string_view session_cookie(bool secure) noexcept {
  return secure ? "__Host-telltale_session" : "telltale_session";
}

std::string session_cookie_header(std::string_view id, bool secure) {
  std::string text{session_cookie(secure)};
  text.append("=").append(id).append("; Path=/; HttpOnly; SameSite=Strict");
  if (id.empty())
    text += "; Max-Age=0";
  if (secure)
    text += "; Secure";
  return text;
}

} // namespace telltale
