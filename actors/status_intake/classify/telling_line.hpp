#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "actors/status_intake/classify/lines.hpp"
#include "actors/status_intake/classify/structured_error.hpp"

namespace telltale {

/// The longest telling line, in characters.
inline constexpr std::size_t longest_telling_line = 300;

/// A line as a person would quote it: without what a log puts before it, a
/// structure by its messages, cut around `at` (an offset in the line) if it is
/// too long. Pure, linear; any thread.
[[nodiscard]] std::string quote_line(const text_line& line,
                                     const structured_error& structure,
                                     std::size_t at);

} // namespace telltale
