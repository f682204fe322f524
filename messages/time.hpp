#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace telltale {

/// A moment in UTC at PostgreSQL's resolution, so that what was read equals
/// what was written.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// `2026-06-23T10:49:00.000000Z`: always six decimals, always `Z`.
[[nodiscard]] std::string format_rfc3339(timestamp when);

/// Reads RFC 3339 with any offset and 0 to 9 decimals, and PostgreSQL's own
/// text form (a blank for the `T`, offsets such as `+00`). Nothing on anything
/// else, or on a moment that no calendar has.
[[nodiscard]] std::optional<timestamp> parse_rfc3339(std::string_view text);

/// The machine's clock. The database's clock decides in the store; this one
/// serves where no database is asked.
[[nodiscard]] inline timestamp now_utc() {
  return std::chrono::floor<std::chrono::microseconds>(
      std::chrono::system_clock::now());
}

} // namespace telltale
