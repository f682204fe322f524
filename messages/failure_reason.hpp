#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace telltale {

/// Whose trouble it was: the platform's or the agent's.
enum class failure_side : std::uint8_t { platform, agent };

[[nodiscard]] std::string to_string(failure_side side);

/// The taxonomy's own names, for code that speaks of a particular reason.
enum class reason : std::uint8_t {
#define TELLTALE_FAILURE_REASON(name, wire, side, retried, attempts, base,     \
                                meaning)                                       \
  name,
#include "messages/failure_reason.def"
#undef TELLTALE_FAILURE_REASON
};

/// One row of the taxonomy.
struct reason_row {
  reason code{};
  std::string_view wire;
  failure_side side{};
  bool retried = false;
  std::uint32_t attempts = 0;  ///< ceiling of attempts, 0 if never retried
  std::chrono::seconds base{}; ///< wait before the first retry
  std::string_view meaning;    ///< one English sentence for operators
};

/// Every row, in the order of the taxonomy.
[[nodiscard]] std::span<const reason_row> failure_reasons() noexcept;

/// Why a task failed: a value of the taxonomy, or one that a runner made up.
/// Such a value is kept as given, told with the default copy and counted as
/// `other`.
struct failure_reason {
  std::string wire;

  failure_reason() = default;
  explicit failure_reason(std::string text) : wire(std::move(text)) {}
  failure_reason(reason code);

  auto operator<=>(const failure_reason&) const = default;
};

[[nodiscard]] inline std::string to_string(const failure_reason& x) {
  return x.wire;
}

/// The row of a wire value, or null for a value outside the taxonomy.
[[nodiscard]] const reason_row* find_reason(std::string_view wire) noexcept;

/// A word that daemons say for a reason of the taxonomy.
struct reason_alias {
  std::string_view word;
  reason means{};
  std::uint32_t attempts = 0; ///< its own ceiling; 0: that of the reason
  std::chrono::seconds base{};
};

/// Null for a word that is none.
[[nodiscard]] const reason_alias* find_alias(std::string_view word) noexcept;

/// The side of any reason; values outside the taxonomy are the agent's, since
/// the platform only writes its own.
[[nodiscard]] failure_side side_of(const failure_reason& why) noexcept;

/// A wire value is 1 to 64 characters of `[a-z0-9_.]`.
[[nodiscard]] bool is_valid_reason(std::string_view wire) noexcept;

/// The label under which metrics count a reason: its wire value, or `other`.
[[nodiscard]] std::string_view metric_label(const failure_reason& why) noexcept;

} // namespace telltale
