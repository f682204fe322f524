#include "actors/redaction/masks/masks.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "actors/redaction/text/characters.hpp"
#include "actors/redaction/text/shadow.hpp"
#include "text/base64.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t proof_size = 16;
/// Values of one book, before they are spelled in every way (some fifty times
/// as much).
constexpr std::size_t most_bytes = 256U << 10U;
constexpr std::size_t least_line = 12; ///< of a line on its own

using cipher_context =
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void need(int done) {
  if (done != 1)
    throw std::runtime_error{"sealing failed"};
}

std::string_view trimmed(std::string_view text) {
  constexpr auto blank = glyph::space | glyph::control;
  while (!text.empty() && is(text.front(), blank))
    text.remove_prefix(1);
  while (!text.empty() && is(text.back(), blank))
    text.remove_suffix(1);
  return text;
}

/// What a task costs that has no value worth masking.
constexpr std::size_t bytes_of_a_task = 64;

std::size_t size_of(const std::vector<std::string>& values) {
  std::size_t sum = bytes_of_a_task;
  for (const auto& value : values)
    sum += value.size();
  return sum;
}

} // namespace

mask_sealer::mask_sealer(std::string_view secret) : key_(32, '\0') {
  const auto data = "telltale masks:" + std::string{secret};
  need(EVP_Digest(data.data(), data.size(), bytes_of(key_), nullptr,
                  EVP_sha256(), nullptr));
}

sealed_masks mask_sealer::seal(const std::vector<std::string>& values) const {
  // Each value ends with NUL, which no clean text holds.
  std::string plain;
  for (const auto& value : values)
    plain.append(value).push_back('\0');
  std::string out(nonce_size + plain.size() + proof_size, '\0');
  need(RAND_bytes(bytes_of(out), nonce_size));
  const cipher_context context{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  int n = 0;
  auto* const to = bytes_of(out) + nonce_size;
  need(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                          bytes_of(std::string_view{key_}), bytes_of(out)));
  need(EVP_EncryptUpdate(context.get(), to, &n, bytes_of(plain),
                         static_cast<int>(plain.size())));
  need(EVP_EncryptFinal_ex(context.get(), to + n, &n));
  need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, proof_size,
                           to + plain.size()));
  return {text::encode_base64(out)};
}

std::optional<std::vector<std::string>>
mask_sealer::open(const sealed_masks& sealed) const {
  auto data = text::decode_base64(sealed.bytes);
  if (!data || data->size() < nonce_size + proof_size)
    return std::nullopt;
  std::string plain(data->size() - nonce_size - proof_size, '\0');
  auto* const from = bytes_of(*data) + nonce_size;
  const cipher_context context{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  int n = 0;
  need(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                          bytes_of(std::string_view{key_}), bytes_of(*data)));
  need(EVP_DecryptUpdate(context.get(), bytes_of(plain), &n, from,
                         static_cast<int>(plain.size())));
  need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, proof_size,
                           from + plain.size()));
  if (EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + n, &n) != 1)
    return std::nullopt;
  std::vector<std::string> values;
  for (std::size_t at = 0; at < plain.size();) {
    const auto end = plain.find('\0', at);
    if (end == std::string::npos)
      return std::nullopt;
    values.push_back(plain.substr(at, end - at));
    at = end + 1;
  }
  return values;
}

std::vector<std::string>
values_to_mask(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view value) {
    if (is_fit_to_register(value))
      out.emplace_back(value);
  };
  for (const auto& value : values) {
    // As the matchers see a text: no NUL, no invisible characters.
    std::string keep;
    const auto clean = clean_text(value, keep);
    const shadow dark{clean};
    const auto whole = trimmed(dark.text());
    add(whole);
    if (whole.find('\n') == std::string_view::npos)
      continue;
    // Logs put something before each line.
    for (std::size_t at = 0; at < whole.size();) {
      const auto end = std::min(whole.find('\n', at), whole.size());
      const auto line = trimmed(whole.substr(at, end - at));
      if (line.size() >= least_line && line.substr(0, 5) != "-----")
        add(line);
      at = end + 1;
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

const mask_cache::entry* mask_cache::find(task_id task) {
  const auto known = tasks_.find(task);
  if (known == tasks_.end())
    return nullptr;
  turns_.splice(turns_.begin(), turns_, known->second.turn);
  return &known->second.what;
}

void mask_cache::learn(const task_masks& masks, const mask_sealer& sealer) {
  forget(masks.task);
  entry fresh;
  fresh.count = masks.count;
  fresh.unreadable = masks.sealed.size() < masks.count;
  for (const auto& sealed : masks.sealed) {
    auto values = sealer.open(sealed);
    if (values)
      fresh.values.insert(fresh.values.end(), values->begin(), values->end());
    else
      fresh.unreadable = true;
  }
  std::sort(fresh.values.begin(), fresh.values.end());
  fresh.values.erase(std::unique(fresh.values.begin(), fresh.values.end()),
                     fresh.values.end());
  for (const auto& value : fresh.values)
    add_spellings(fresh.finder, value, 0);
  bytes_ += size_of(fresh.values);
  turns_.push_front(masks.task);
  tasks_.emplace(masks.task, kept{std::move(fresh), turns_.begin()});
  while (bytes_ > most_bytes && turns_.size() > 1)
    forget(task_id{turns_.back()});
}

void mask_cache::forget(task_id task) {
  const auto known = tasks_.find(task);
  if (known == tasks_.end())
    return;
  bytes_ -= size_of(known->second.what.values);
  turns_.erase(known->second.turn);
  tasks_.erase(known);
}

} // namespace telltale::redact
