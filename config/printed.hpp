#pragma once

#include <string>

#include "config/rows.hpp"

namespace telltale::config {

/// The value of a row as TOML writes it; empty for what has none (a secret, an
/// option that is unset, a list of tables).
[[nodiscard]] std::string printed_value(const field& row);

/// The type of a row in a word or two.
[[nodiscard]] std::string type_name(const field& row);

/// What its bounds allow, in words; empty: anything.
[[nodiscard]] std::string printed_bounds(const field& row);

/// A number without the zeros at its end.
[[nodiscard]] std::string printed_number(double x);

/// The rows of one entry of a list or table.
[[nodiscard]] std::vector<field> entry_rows(const field& row);

} // namespace telltale::config
