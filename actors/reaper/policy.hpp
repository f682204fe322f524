#pragma once

#include <chrono>
#include <vector>

#include "config/config.hpp"
#include "messages/store.hpp"

namespace telltale {

/// The sweeps of one tick, in their order: docs/task_lifecycle.md has them as a
/// table. An option of 0 that means "for ever" leaves its sweep out, all but
/// the wall clock's, since a task may name a limit of its own.
[[nodiscard]] std::vector<sweep_tasks>
plan_sweeps(const config::reaper_config& options);

/// The sweep for a runner that says that it restarted.
[[nodiscard]] sweep_tasks plan_recovery(const config::reaper_config& options,
                                        const runner_id& runner);

/// The sweep for a runner whose daemon says that it goes.
[[nodiscard]] sweep_tasks plan_departure(const config::reaper_config& options,
                                         const runner_id& runner);

/// The wait before the next tick: a tenth more or less, so that replicas drift
/// apart. `chance` lies in [0, 1).
[[nodiscard]] std::chrono::milliseconds
jitter_tick(std::chrono::milliseconds tick, double chance);

} // namespace telltale
