#include "actors/reaper/policy.hpp"

#include <cmath>

namespace telltale {

namespace {

/// What a sweep always says, whatever the options.
sweep_tasks make_sweep(const config::reaper_config& options, sweep_kind kind,
                       std::chrono::milliseconds threshold, reason why,
                       redacted_text sentinel) {
  sweep_tasks sweep;
  sweep.kind = kind;
  sweep.threshold = threshold;
  sweep.failure_reason = why;
  sweep.sentinel = std::move(sentinel);
  sweep.status = kind == sweep_kind::lease || kind == sweep_kind::wall_clock
                     ? task_status::timed_out
                     : task_status::failed;
  sweep.limit = static_cast<std::uint32_t>(options.batch);
  return sweep;
}

} // namespace

std::vector<sweep_tasks> plan_sweeps(const config::reaper_config& options) {
  using std::chrono::milliseconds;
  std::vector<sweep_tasks> plan;
  if (options.queue_ttl > milliseconds::zero())
    plan.push_back(
        make_sweep(options, sweep_kind::queue_ttl, options.queue_ttl,
                   reason::queued_expired,
                   redacted_text::from_platform("task expired in queue")));
  plan.push_back(
      make_sweep(options, sweep_kind::runner_offline, options.runner_silence,
                 reason::runtime_offline,
                 redacted_text::from_platform("runtime went offline")));
  if (options.reconnect_grace > milliseconds::zero())
    plan.push_back(make_sweep(
        options, sweep_kind::reconnect, options.reconnect_grace,
        reason::runtime_reconnect_timeout,
        redacted_text::from_platform("runtime did not reconnect within the "
                                     "configured grace period")));
  if (options.queue_ttl > milliseconds::zero())
    plan.push_back(
        make_sweep(options, sweep_kind::retry_not_taken, options.queue_ttl,
                   reason::queued_expired,
                   redacted_text::from_platform("retry was not picked up")));
  auto lease = make_sweep(options, sweep_kind::lease, options.lease_grace,
                          reason::timeout,
                          redacted_text::from_platform("task timed out"));
  lease.unheard = {reason::runtime_offline,
                   redacted_text::from_platform("runtime went offline"),
                   task_status::failed};
  plan.push_back(std::move(lease));
  plan.push_back(make_sweep(options, sweep_kind::wall_clock, options.wall_clock,
                            reason::timeout,
                            redacted_text::from_platform("task timed out")));
  return plan;
}

sweep_tasks plan_recovery(const config::reaper_config& options,
                          const runner_id& runner) {
  auto sweep =
      make_sweep(options, sweep_kind::recovery,
                 std::chrono::milliseconds::zero(), reason::runtime_recovery,
                 redacted_text::from_platform(
                     "daemon restarted while task was in flight"));
  sweep.runner = runner;
  return sweep;
}

sweep_tasks plan_departure(const config::reaper_config& options,
                           const runner_id& runner) {
  auto sweep =
      make_sweep(options, sweep_kind::deregistered,
                 std::chrono::milliseconds::zero(), reason::runtime_offline,
                 redacted_text::from_platform("runtime went offline"));
  sweep.runner = runner;
  return sweep;
}

std::chrono::milliseconds jitter_tick(std::chrono::milliseconds tick,
                                      double chance) {
  const auto length = static_cast<double>(tick.count());
  const auto wait = std::lround(length * (0.9 + 0.2 * chance));
  return std::chrono::milliseconds{wait < 1 ? 1 : wait};
}

} // namespace telltale
