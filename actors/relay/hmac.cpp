#include "actors/relay/hmac.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace telltale {

std::string hmac_sha256_base64(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           digest.data(), &size)
      == nullptr)
    return {};
  std::string result(4 * ((size + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                      digest.data(), static_cast<int>(size));
  result.resize(static_cast<std::size_t>(length));
  return result;
}

} // namespace telltale
