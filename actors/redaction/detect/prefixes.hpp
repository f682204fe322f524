#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "actors/redaction/detect/classes.hpp"

namespace telltale::redact {

/// What a token must have beside its length, as bits; see prefixes.def.
namespace rule {
inline constexpr std::uint8_t open = 0;
inline constexpr std::uint8_t exact = 1U << 0U;
inline constexpr std::uint8_t digit = 1U << 1U;
inline constexpr std::uint8_t run = 1U << 2U;
inline constexpr std::uint8_t mixed = 1U << 3U;
} // namespace rule

/// How one vendor's tokens look.
struct prefix_row {
  std::string_view literal;
  std::uint16_t charset = 0; ///< of glyph::, for what follows
  std::uint16_t least = 0;
  std::uint16_t most = 0;
  std::uint8_t rules = 0; ///< of rule::
  secret_class kind{};
};

[[nodiscard]] std::span<const prefix_row> prefix_rows() noexcept;

/// Tokens known by something in their middle or at their end.
[[nodiscard]] std::span<const std::string_view> infix_literals() noexcept;

} // namespace telltale::redact
