#include "actors/retention/retention.hpp"

#include <spdlog/spdlog.h>

#include "actors/retention/plan.hpp"

namespace telltale {

namespace {

using pointer = retention_actor::stateful_pointer<retention_state>;

void come_back_in(pointer self, caf::actor_clock::duration_type wait) {
  self->state.next.bring_forward(self, self->clock().now() + wait);
}

void end_round(pointer self) {
  auto& state = self->state;
  if (state.pruned > 0)
    spdlog::info("retention deleted {} old rows", state.pruned);
  state.round.clear();
  state.step = 0;
  state.pruned = 0;
  come_back_in(self, retention_state::every);
}

void on_pruned(pointer self, const old_pruned& done) {
  auto& state = self->state;
  const auto& what = state.round[state.step];
  if (done.pruned > 0)
    state.counters->add(counter::pruned_total, to_string(what.kind),
                        done.pruned);
  state.pruned += done.pruned;
  if (!done.more)
    ++state.step;
  if (state.step == state.round.size())
    end_round(self);
  else
    come_back_in(self, retention_state::pause);
}

void on_prune_now(pointer self) {
  auto& state = self->state;
  if (!state.next.fired(self))
    return;
  if (state.round.empty())
    state.round = plan_pruning(state.options);
  if (state.round.empty()) {
    end_round(self);
    return;
  }
  self->request(state.store, caf::infinite, state.round[state.step])
      .then([=](const old_pruned& done) { on_pruned(self, done); },
            [=](const caf::error& error) {
              spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                                         : spdlog::level::warn,
                          "retention could not delete old rows, the next "
                          "round tries again: {}",
                          explain(error));
              end_round(self);
            });
}

} // namespace

retention_actor::behavior_type
retention(retention_actor::stateful_pointer<retention_state> self,
          retention_store_actor store, config::retention_config options,
          counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.options = std::move(options);
  state.counters = std::move(counters);
  state.next.observe(state.counters, retention_state::name);
  come_back_in(self, retention_state::first_round);
  return {[=](const prune_now&) { on_prune_now(self); },
          [=](const options_changed<retention_options_ptr>& fresh) {
            self->state.options = *fresh.options;
          }};
}

} // namespace telltale
