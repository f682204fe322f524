#include "messages/uuid.hpp"

#include <random>

#include "text/hex.hpp"

namespace telltale {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

constexpr bool dash_before(std::size_t byte) noexcept {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

} // namespace

std::optional<uuid> parse_uuid(std::string_view text) noexcept {
  if (text.size() != 36)
    return std::nullopt;
  uuid result;
  std::size_t at = 0;
  for (std::size_t i = 0; i < result.bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-')
      return std::nullopt;
    const int high = text::hex_value(text[at]);
    const int low = text::hex_value(text[at + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    result.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return result;
}

std::string to_string(const uuid& id) {
  std::string text(36, '-');
  auto to = text.begin();
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (dash_before(i))
      ++to;
    *to++ = digits[id.bytes[i] >> 4U];
    *to++ = digits[id.bytes[i] & 15U];
  }
  return text;
}

uuid make_uuid_v7() {
  thread_local std::mt19937_64 random{[] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(),
                       device(), device(), device(), device()};
    return std::mt19937_64{seed};
  }()};
  thread_local std::uint64_t last_millisecond = 0;
  thread_local std::uint32_t counter = 0;
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count());
  if (now > last_millisecond) {
    last_millisecond = now;
    counter = static_cast<std::uint32_t>(random() & 0x1ffU);
  } else if (++counter > 0xfffU) { // 12 bits are spent: borrow a millisecond
    ++last_millisecond;
    counter = 0;
  }
  uuid id;
  for (std::size_t i = 0; i < 6; ++i)
    id.bytes[i] = static_cast<std::uint8_t>(last_millisecond >> (40U - 8U * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70U | (counter >> 8U));
  id.bytes[7] = static_cast<std::uint8_t>(counter);
  const std::uint64_t tail = random();
  for (std::size_t i = 0; i < 8; ++i)
    id.bytes[i + 8] = static_cast<std::uint8_t>(tail >> (8U * i));
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3fU));
  return id;
}

} // namespace telltale
