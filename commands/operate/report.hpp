#pragma once

#include <string>

#include <boost/json/value.hpp>

#include "commands/client/terminal.hpp"

namespace telltale::commands {

/// The audit of a window: how many runs succeeded and posted nothing, with the
/// reasons given; failures by reason; what could not be told; a line a day.
/// `stats` is the answer of `GET /stats`. Lines with their ends; nothing in it
/// can control the terminal. Pure.
[[nodiscard]] std::string report_text(const boost::json::value& stats,
                                      const terminal& on);

/// `68 %` of 98 in 144; `0 %` of nothing. Rounded to the nearest, but neither
/// to 0 nor to 100 where it is not.
[[nodiscard]] std::string percent(std::int64_t part, std::int64_t whole);

} // namespace telltale::commands
