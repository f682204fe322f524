#pragma once

#include "messages/status_report.hpp"

namespace telltale {

/// Is a report fit to be stored? `none` if so, else `unsupported_status` for a
/// status that runners do not report, `invalid_field` for the rest. Pure.
[[nodiscard]] ec validate(const status_report& report) noexcept;

/// May a runner report this status?
[[nodiscard]] bool is_reportable(task_status status) noexcept;

/// An opaque id: 1 to 128 characters of valid UTF-8, no control characters.
[[nodiscard]] bool is_valid_id(std::string_view text) noexcept;

} // namespace telltale
