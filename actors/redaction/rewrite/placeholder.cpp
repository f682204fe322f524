#include "actors/redaction/rewrite/placeholder.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/params.h>

#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::string_view opening = "[REDACTED:";
constexpr std::size_t tag_length = 6;
constexpr std::size_t least_tagged = 12; ///< bytes of a value that gets a tag

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_tag(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

} // namespace

std::size_t placeholder_length(std::string_view text, std::size_t at) noexcept {
  if (text.substr(at, opening.size()) != opening)
    return 0;
  auto i = at + opening.size();
  const auto name = i;
  while (i < text.size() && i - name <= 32 && is_name(text[i]))
    ++i;
  if (i == name || i - name > 32)
    return 0;
  if (i < text.size() && text[i] == '#') {
    const auto tag = ++i;
    while (i < text.size() && i - tag < tag_length && is_tag(text[i]))
      ++i;
    if (i - tag != tag_length)
      return 0;
  }
  return i < text.size() && text[i] == ']' ? i + 1 - at : 0;
}

std::vector<stretch> find_placeholders(std::string_view text) {
  std::vector<stretch> out;
  for (auto at = text.find(opening); at != std::string_view::npos;
       at = text.find(opening, at)) {
    const auto n = placeholder_length(text, at);
    if (n != 0)
      out.push_back({at, at + n});
    at += n != 0 ? n : opening.size();
  }
  return out;
}

std::string without_tag(std::string_view placeholder) {
  const auto hash = placeholder.find('#');
  if (hash == std::string_view::npos)
    return std::string{placeholder};
  return std::string{placeholder.substr(0, hash)} + ']';
}

/// HMAC-SHA-256 with its key set: made once, copied for each text.
struct placeholder_writer::keyed_hash {
  using context = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

  explicit keyed_hash(std::string_view key) {
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac{
        EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free};
    made.reset(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM options[] = {
        OSSL_PARAM_construct_utf8_string("digest", digest, 0),
        OSSL_PARAM_construct_end()};
    if (!made
        || EVP_MAC_init(made.get(),
                        reinterpret_cast<const unsigned char*>(key.data()),
                        key.size(), options)
               != 1)
      throw std::runtime_error("OpenSSL has no HMAC-SHA-256");
  }

  context made{nullptr, EVP_MAC_CTX_free};
};

placeholder_writer::placeholder_writer(std::string_view tag_key)
    : hash_(tag_key.empty() ? nullptr
                            : std::make_unique<const keyed_hash>(tag_key)) {}

placeholder_writer::~placeholder_writer() = default;

std::size_t placeholder_writer::write(std::string& out, secret_class kind,
                                      std::string_view value,
                                      bool tagged) const {
  out.append(opening).append(row_of(kind).name);
  std::size_t at = 0;
  if (tagged && hash_ && value.size() >= least_tagged
      && is_varied(value.substr(0, 4096))) {
    at = out.size() + 1;
    out.append("#aaaaaa");
  }
  out.push_back(']');
  return at;
}

void placeholder_writer::tag(std::string& out,
                             const std::vector<tag_place>& places) const {
  if (places.empty())
    return;
  const keyed_hash::context hash{EVP_MAC_CTX_dup(hash_->made.get()),
                                 EVP_MAC_CTX_free};
  std::string data;
  for (const auto& place : places) {
    data.assign(row_of(place.kind).name).push_back('\0');
    data.append(place.value);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    if (!hash || EVP_MAC_init(hash.get(), nullptr, 0, nullptr) != 1
        || EVP_MAC_update(hash.get(),
                          reinterpret_cast<const unsigned char*>(data.data()),
                          data.size())
               != 1
        || EVP_MAC_final(hash.get(), digest.data(), &size, digest.size()) != 1
        || size < 4)
      throw std::runtime_error("OpenSSL cannot make a tag");
    const auto bits = (static_cast<std::uint32_t>(digest[0]) << 24U)
                      | (static_cast<std::uint32_t>(digest[1]) << 16U)
                      | (static_cast<std::uint32_t>(digest[2]) << 8U)
                      | digest[3];
    for (unsigned i = 0; i < tag_length; ++i)
      out[place.at + i] =
          "abcdefghijklmnopqrstuvwxyz234567"[(bits >> (27U - 5U * i)) & 31U];
  }
}

} // namespace telltale::redact
