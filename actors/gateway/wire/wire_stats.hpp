#pragma once

#include <string>

#include <caf/expected.hpp>

#include "actors/gateway/wire/wire.hpp"
#include "messages/statistics.hpp"

// What operators count, to JSON and from queries. Pure; any thread.

namespace telltale {

/// `window` (1h to 90d, default 14d) and `bucket` (1h or 1d; by default 1h for
/// windows up to two days).
[[nodiscard]] caf::expected<read_stats> parse_read_stats(const query_map&);
[[nodiscard]] caf::expected<list_runners> parse_list_runners(const query_map&);

[[nodiscard]] std::string write_stats(const read_stats& asked,
                                      const stats_read& found);
[[nodiscard]] std::string write_runners(const runners_listed& found);

/// `90m`, `36h`, `14d`; nothing on anything else.
[[nodiscard]] std::optional<std::chrono::seconds>
parse_window(std::string_view text);

} // namespace telltale
