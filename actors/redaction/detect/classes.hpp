#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "messages/redaction.hpp"

namespace telltale::redact {

/// What can be masked; one row of classes.def each.
enum class secret_class : std::uint8_t {
#define TELLTALE_SECRET_CLASS(id, name, tier, from, meaning) id,
#include "actors/redaction/detect/classes.def"
#undef TELLTALE_SECRET_CLASS
};

/// How sure a class is: the surer one names a place that two of them found.
enum class tier : std::uint8_t { A, B, C };

struct class_row {
  secret_class id{};
  std::string_view name; ///< as in `[REDACTED:name]`
  tier sureness{};
  redaction_profile from{}; ///< the first profile that masks it
  std::string_view meaning;
};

[[nodiscard]] std::span<const class_row> class_rows() noexcept;
[[nodiscard]] const class_row& row_of(secret_class id) noexcept;
[[nodiscard]] std::optional<secret_class>
find_class(std::string_view name) noexcept;

/// The classes that one profile masks.
using class_set = std::bitset<64>;

[[nodiscard]] class_set classes_of(redaction_profile profile) noexcept;

[[nodiscard]] constexpr std::size_t index_of(secret_class id) noexcept {
  return static_cast<std::size_t>(id);
}

} // namespace telltale::redact
