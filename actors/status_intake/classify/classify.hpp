#pragma once

#include <optional>
#include <string_view>

#include "messages/status_report.hpp"

namespace telltale {

/// The reason that a failure's text speaks of (docs/classifier.md): ordered
/// rules, the first that matches wins; `agent_unknown` if none does. ASCII case
/// does not matter, and `_` and `-` read as blanks. Pure; time grows linearly
/// with the text; any thread.
[[nodiscard]] reason classify(std::string_view text);

/// The reason to store for a report that failed: the one that the runner named,
/// unless it is missing or one of the old coarse labels (`agent_error`,
/// `agent_error.unknown`) and the text knows better. Without a reason and
/// without a helpful text: `timeout` for `timed_out`, else
/// `agent_error.unknown`.
[[nodiscard]] failure_reason
settle_reason(task_status status, const std::optional<failure_reason>& named,
              std::string_view text);

} // namespace telltale
