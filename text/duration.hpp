#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace telltale::text {

/// What a duration may be written with, beside a whole number of `s`, `m` or
/// `h`.
struct duration_syntax {
  bool fractions = false;    ///< `1.5s`
  bool milliseconds = false; ///< `250ms`
  bool days = false;         ///< `30d`
  bool loose = false;        ///< `90` is 90 s, `5min` is 5 m
};

/// Reads a number with one unit. Nothing if it is not one, is below zero, is no
/// whole number of milliseconds, or is longer than ten thousand years.
[[nodiscard]] std::optional<std::chrono::milliseconds>
parse_duration(std::string_view text, const duration_syntax& syntax);

/// The shortest text that `parse_duration` reads back as `value`, which is not
/// below zero; a day is the largest unit.
[[nodiscard]] std::string print_duration(std::chrono::milliseconds value);

} // namespace telltale::text
