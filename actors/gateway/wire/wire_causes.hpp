#pragma once

#include <string>

#include <caf/expected.hpp>

#include "actors/gateway/wire/wire.hpp"
#include "messages/causes.hpp"

// Causes of failures, to JSON and from queries. Pure; any thread.

namespace telltale {

/// `window` (1h to 90d, default 14d), `kind`, `limit`, `cursor`.
[[nodiscard]] caf::expected<list_causes> parse_list_causes(const query_map&);

/// One cause, by its 16 hex digits.
[[nodiscard]] caf::expected<list_causes>
parse_read_cause(std::string_view fingerprint, const query_map&);

[[nodiscard]] std::string write_causes(const causes_listed& found);
[[nodiscard]] std::string write_cause(const cause_record& cause);

/// Is it 16 hex digits in lower case?
[[nodiscard]] bool is_fingerprint(std::string_view text);

} // namespace telltale
