#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace telltale::config {

/// Where a value was said: a place in a file, or a variable or flag by name.
struct origin {
  std::string source;       ///< path of the file, or `environment NAME`
  std::uint32_t line = 0;   ///< from 1; 0: the source has no lines
  std::uint32_t column = 0; ///< from 1, in characters

  bool operator==(const origin&) const = default;
};

/// `telltale.toml:3:10`, or the source alone if it has no lines.
[[nodiscard]] std::string to_string(const origin& where);

/// Something wrong, or worth a warning, about one option. Never holds the value
/// of a secret.
struct problem {
  origin where;
  std::string path; ///< `http.listen`; empty: the file as a whole
  std::string text; ///< what was expected

  bool operator==(const problem&) const = default;
};

/// `telltale.toml:3:10: http.listen: expected …`.
[[nodiscard]] std::string to_string(const problem& what);

/// A value as it may be shown to a person: in quotes, bounded, and with nothing
/// in it that a terminal would obey.
[[nodiscard]] std::string shown(std::string_view value);

/// `path` with one more key, in quotes where TOML wants them.
[[nodiscard]] std::string joined(std::string_view path, std::string_view key);

} // namespace telltale::config
