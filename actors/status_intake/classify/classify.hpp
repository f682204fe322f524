#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/status_report.hpp"

namespace telltale {

/// What a failure's text says of it.
struct text_finding {
  telltale::failure_reason
      failure_reason;       ///< `agent_error.unknown` if nothing says more
  std::string telling_line; ///< the line that decided, or that a person would
                            ///< quote; empty only for a text without words

  bool operator==(const text_finding&) const = default;
};

/// Reads a transcript (docs/classifier.md): its lines, what each of them is and
/// proves, and of those the one that weighs most. Colours, wrapping and
/// letters' case do not matter. Pure; time grows linearly with the text; any
/// thread.
[[nodiscard]] text_finding read_failure(std::string_view text);

/// The reason alone.
[[nodiscard]] failure_reason classify(std::string_view text);

/// The reason to store for a report that failed: the one that the runner named,
/// unless it is missing or one of the old coarse labels (`agent_error`,
/// `agent_error.unknown`) and the text (`found`) knows better. Without a reason
/// and without a helpful text: `timeout` for `timed_out`, else
/// `agent_error.unknown`.
[[nodiscard]] failure_reason
settle_reason(task_status status, const std::optional<failure_reason>& named,
              const text_finding& found);

} // namespace telltale
