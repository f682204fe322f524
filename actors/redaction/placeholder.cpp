#include "actors/redaction/placeholder.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "actors/redaction/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::string_view opening = "[REDACTED:";
constexpr std::size_t tag_length = 6;
constexpr std::size_t least_tagged = 12; ///< bytes of a value that gets a tag
constexpr double least_entropy = 2.0;    ///< bits a character, likewise

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

void placeholder_writer::write(std::string& out, secret_class kind,
                               std::string_view value, bool tagged) const {
  const auto name = row_of(kind).name;
  out.append(opening).append(name);
  if (tagged && !tag_key_.empty() && value.size() >= least_tagged
      && entropy(value.substr(0, 4096)) >= least_entropy) {
    std::string data;
    data.reserve(name.size() + 1 + value.size());
    data.append(name).push_back('\0');
    data.append(value);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const auto* done =
        HMAC(EVP_sha256(), tag_key_.data(), static_cast<int>(tag_key_.size()),
             reinterpret_cast<const unsigned char*>(data.data()), data.size(),
             digest.data(), &size);
    if (done != nullptr && size >= 4) {
      const auto bits = (static_cast<std::uint32_t>(digest[0]) << 24U)
                        | (static_cast<std::uint32_t>(digest[1]) << 16U)
                        | (static_cast<std::uint32_t>(digest[2]) << 8U)
                        | digest[3];
      out.push_back('#');
      for (unsigned i = 0; i < tag_length; ++i)
        out.push_back(
            "abcdefghijklmnopqrstuvwxyz234567"[(bits >> (27U - 5U * i)) & 31U]);
    }
  }
  out.push_back(']');
}

} // namespace telltale::redact
