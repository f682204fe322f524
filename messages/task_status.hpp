#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace telltale {

/// The states of a task; see docs/task_lifecycle.md for the transitions.
enum class task_status : std::uint8_t {
#define TELLTALE_TASK_STATUS(name, terminal) name,
#include "messages/task_status.def"
#undef TELLTALE_TASK_STATUS
};

/// What a finished task means to a person.
enum class task_outcome : std::uint8_t {
#define TELLTALE_OUTCOME(name) name,
#include "messages/outcome.def"
#undef TELLTALE_OUTCOME
};

/// Who wrote a task's present state.
enum class settled_by : std::uint8_t { runner, reaper, person };

[[nodiscard]] std::string to_string(task_status status);
[[nodiscard]] std::string to_string(task_outcome outcome);
[[nodiscard]] std::string to_string(settled_by who);

[[nodiscard]] std::optional<task_status> parse_task_status(std::string_view);
[[nodiscard]] std::optional<task_outcome> parse_task_outcome(std::string_view);
[[nodiscard]] std::optional<settled_by> parse_settled_by(std::string_view);

/// Terminal: nothing happens any more unless somebody asks for it.
[[nodiscard]] bool is_terminal(task_status status) noexcept;

/// Active: an attempt is under way and holds a lease.
[[nodiscard]] constexpr bool is_active(task_status status) noexcept {
  return status == task_status::running
         || status == task_status::posting_result;
}

/// Failed either way: `failed` or `timed_out`.
[[nodiscard]] constexpr bool is_failure(task_status status) noexcept {
  return status == task_status::failed || status == task_status::timed_out;
}

} // namespace telltale
