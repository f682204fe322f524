#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace telltale::config {

/// How fast a relay of one type speaks unless it is told otherwise; one row of
/// relay_limits.def. 0: no limit.
struct relay_limits {
  std::string_view type;
  double per_chat = 0;         ///< messages a second
  double per_group_minute = 0; ///< messages a minute, where groups differ
  double per_app = 0;          ///< messages a second, all chats together
  double per_app_minute = 0;   ///< messages a minute, all chats together
  std::int64_t in_flight = 16; ///< sends under way at once
  bool of_the_chat = true;     ///< the chat's own; else Telltale's
  std::string_view source;     ///< where that is said
};

[[nodiscard]] const std::vector<relay_limits>& relay_limit_rows();

/// An unknown type has the first row's.
[[nodiscard]] const relay_limits& relay_limits_of(std::string_view type);

/// All rows as a Markdown table, for the pages.
[[nodiscard]] std::string relay_limits_table();

/// A type's limits in a few words, for the example file.
[[nodiscard]] std::string relay_limits_line(const relay_limits& row);

} // namespace telltale::config
