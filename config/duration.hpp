#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace telltale::config {

/// Reads a number with one unit, ms, s, m, h or d: `250ms`, `1.5s`, `30d`.
/// Nothing if it is not one, is below zero, or is no whole number of
/// milliseconds.
[[nodiscard]] std::optional<std::chrono::milliseconds>
parse_duration(std::string_view text);

/// The shortest text that reads back as `value`.
[[nodiscard]] std::string print_duration(std::chrono::milliseconds value);

} // namespace telltale::config
