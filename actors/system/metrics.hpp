#pragma once

#include <string>

#include "messages/counters.hpp"

namespace telltale {

/// The tallies and the process's own figures in Prometheus's text format. Any
/// thread.
[[nodiscard]] std::string export_metrics(const counter_board& board);

} // namespace telltale
