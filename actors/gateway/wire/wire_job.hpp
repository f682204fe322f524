#pragma once

#include <string>
#include <string_view>

#include <caf/expected.hpp>

#include "actors/gateway/wire/wire.hpp"

// Runners that a job system starts (docs/runners.md): JSON to messages and
// back. Pure; any thread.

namespace telltale {

/// What a run is to work on: the task's input as it came, with `task_id` and
/// `kind`.
[[nodiscard]] std::string write_context(const task_record& task);

/// `{attempt, token}`
[[nodiscard]] std::string write_attempt(std::uint32_t attempt,
                                        std::string_view token);

/// What a run hands over to be posted, and how many things that are. `part` is
/// the call's own name, such as `finalize`.
[[nodiscard]] caf::expected<status_report>
parse_produced(const task_id& task, const std::string& part,
               std::string_view body);

} // namespace telltale
