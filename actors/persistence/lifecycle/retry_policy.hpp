#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "config/config.hpp"
#include "messages/failure_reason.hpp"
#include "messages/task.hpp"

namespace telltale {

/// When and how a failed attempt is followed by another.
struct retry_choice {
  std::chrono::milliseconds wait{};
  bool awaits_runner = false; ///< until a runner is seen again

  bool operator==(const retry_choice&) const = default;
};

/// Whether a failed attempt may be followed by another at all. A task that no
/// runner ever claimed is started by a job system, and nobody reads the queue
/// that its retry would wait in; unless its request asked for more than one
/// attempt, and runners claim its kind.
[[nodiscard]] bool has_claimants(const task_record& task, bool kind_is_claimed);

/// Nothing if the failure is final. A configured reason goes by its table,
/// others by the taxonomy, those outside it are never retried. `chance` in
/// [0, 1) spreads the share of the wait that jitter leaves to it.
///
/// `attempt` is the number of the one that failed. A task with `max_attempts` 1
/// is never retried; else the reason's own ceiling may widen that of the task.
/// `reported` is the runner's own word, which may have a policy of its own.
[[nodiscard]] std::optional<retry_choice>
choose_retry(const config::retry_config& retry, const failure_reason& why,
             std::uint32_t attempt, std::uint32_t max_attempts, double chance,
             std::string_view reported = {});

} // namespace telltale
