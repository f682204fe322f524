#include "actors/reaper/reaper.hpp"

#include <string>
#include <utility>

#include <caf/actor_clock.hpp>
#include <caf/send.hpp>
#include <caf/typed_response_promise.hpp>
#include <spdlog/spdlog.h>

namespace telltale {

namespace {

using pointer = reaper_actor::stateful_pointer<reaper_state>;
using recovery_promise = caf::typed_response_promise<tasks_swept>;

void sweep_next(pointer self);

/// Counts, and says whether to ask the same again: `more` without progress
/// would never end.
bool note(pointer self, const sweep_tasks& sweep, const tasks_swept& swept) {
  if (swept.settled == 0)
    return false;
  const auto kind = to_string(sweep.kind);
  self->state.counters->add(counter::swept_total, kind, swept.settled);
  spdlog::info("reaper settled {} tasks: {}, {}", swept.settled, kind,
               to_string(sweep.failure_reason));
  return swept.more;
}

void on_swept(pointer self, const tasks_swept& swept) {
  auto& state = self->state;
  if (std::exchange(state.sweep_failed, false))
    spdlog::info("reaper's sweeps work again");
  if (!note(self, state.plan[state.step], swept))
    ++state.step;
  sweep_next(self);
}

void on_sweep_failed(pointer self, const caf::error& error) {
  auto& state = self->state;
  // Once for as long as it lasts.
  if (!std::exchange(state.sweep_failed, true))
    spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                               : spdlog::level::warn,
                "reaper's sweep {} failed, each tick tries again: {}",
                to_string(state.plan[state.step].kind), explain(error));
  state.step = state.plan.size();
}

void sweep_next(pointer self) {
  auto& state = self->state;
  if (state.step == state.plan.size())
    return;
  self->request(state.store, caf::infinite, state.plan[state.step])
      .then([=](const tasks_swept& swept) { on_swept(self, swept); },
            [=](const caf::error& error) { on_sweep_failed(self, error); });
}

void reap(pointer self) {
  auto& state = self->state;
  const auto& options = state.options;
  std::uniform_real_distribution<double> chance;
  state.reap.bring_forward(
      self,
      self->clock().now() + jitter_tick(options.tick, chance(state.random)));
  if (state.step != state.plan.size())
    return; // the tick before is still draining
  state.plan = plan_sweeps(options);
  state.step = 0;
  sweep_next(self);
}

void on_reap_now(pointer self) {
  if (self->state.reap.fired(self))
    reap(self);
}

/// Drains the recovery of one runner into one answer.
void recover(pointer self, const sweep_tasks& sweep, tasks_swept before,
             recovery_promise promise) {
  self->request(self->state.store, caf::infinite, sweep)
      .then(
          [=](const tasks_swept& swept) mutable {
            before.settled += swept.settled;
            before.retried += swept.retried;
            before.more = false;
            if (note(self, sweep, swept))
              recover(self, sweep, before, promise);
            else
              promise.deliver(before);
          },
          [=](caf::error& error) mutable {
            promise.deliver(std::move(error));
          });
}

caf::result<tasks_swept> on_recovered(pointer self,
                                      const runner_recovered& recovered) {
  auto promise = self->make_response_promise<tasks_swept>();
  recover(self, plan_recovery(self->state.options, recovered.runner), {},
          promise);
  return promise;
}

caf::result<tasks_swept> on_left(pointer self, const runner_left& left) {
  auto promise = self->make_response_promise<tasks_swept>();
  recover(self, plan_departure(self->state.options, left.runner), {}, promise);
  return promise;
}

void on_checked(pointer self, const truth_checked& checked,
                caf::actor_clock::time_point begun) {
  self->state.checking = false;
  self->state.checked_at = begun;
  if (checked.violations == 0)
    return;
  self->state.counters->add(counter::truth_violations_total, {},
                            static_cast<double>(checked.violations));
  spdlog::error("{} truth invariants are broken, the first: {}",
                checked.violations, checked.first);
}

void on_check_now(pointer self) {
  auto& state = self->state;
  if (!state.check.fired(self))
    return;
  const auto now = self->clock().now();
  state.check.bring_forward(self, now + reaper_state::check_every);
  if (std::exchange(state.checking, true))
    return; // the check before has no answer yet
  check_truth request;
  request.window = reaper_state::first_window;
  if (state.checked_at != caf::actor_clock::time_point{})
    request.window =
        std::chrono::ceil<std::chrono::milliseconds>(now - state.checked_at)
        + reaper_state::overlap;
  self->request(state.store, caf::infinite, request)
      .then(
          [=](const truth_checked& checked) { on_checked(self, checked, now); },
          [=](const caf::error& error) {
            self->state.checking = false;
            spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                                       : spdlog::level::warn,
                        "the truth invariants could not be checked: {}",
                        explain(error));
          });
}

} // namespace

reaper_actor::behavior_type
reaper(reaper_actor::stateful_pointer<reaper_state> self,
       sweep_store_actor store, config::reaper_config options,
       counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.options = std::move(options);
  state.counters = std::move(counters);
  state.random.seed(std::random_device{}());
  state.reap.observe(state.counters, reaper_state::name);
  state.check.observe(state.counters, reaper_state::name);
  state.check.bring_forward(self,
                            self->clock().now() + reaper_state::check_every);
  reap(self);
  return {
      [=](const reap_now&) { on_reap_now(self); },
      [=](const check_truth_now&) { on_check_now(self); },
      [=](const runner_recovered& recovered) {
        return on_recovered(self, recovered);
      },
      [=](const runner_left& left) { return on_left(self, left); },
      [=](const options_changed<reaper_options_ptr>& fresh) {
        self->state.options = *fresh.options;
      },
  };
}

} // namespace telltale
