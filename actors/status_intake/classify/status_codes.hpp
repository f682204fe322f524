#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace telltale {

/// An HTTP status that a text speaks of.
struct spoken_status {
  unsigned code = 0;
  std::size_t at = 0; ///< offset of its first digit
};

/// HTTP statuses from 400 to 599 in places that speak of a status: `HTTP 401`,
/// `status 401`, `code: 401`, `error 401:`, `401 Unauthorized`, or alone at the
/// start. Counts, line numbers, sizes, versions and exit codes are none. Pure,
/// linear.
[[nodiscard]] std::vector<spoken_status> find_statuses(std::string_view text);

} // namespace telltale
