#include "actors/readiness/readiness.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace telltale {

namespace {

using pointer = readiness_actor::stateful_pointer<readiness_state>;

readiness_read known(const readiness_state& state) {
  auto read = state.condition.known();
  for (const auto& [name, pause] : state.paused)
    read.paused.push_back(pause);
  return read;
}

void tell(pointer self, const std::optional<database_condition::line>& news) {
  auto& state = self->state;
  state.counters->set(counter::database_stalled, {},
                      state.condition.stalled() ? 1 : 0);
  if (news && news->good)
    spdlog::info("{}", news->text);
  else if (news)
    spdlog::error("{}", news->text);
  for (auto& each : std::exchange(state.readers, {}))
    each.deliver(known(state));
}

/// The answer to an earlier question, one that was given up, says nothing.
bool ends_question(pointer self, std::uint64_t number) {
  auto& state = self->state;
  if (number != state.number)
    return false;
  state.asked.reset();
  state.timer.replace(self, self->clock().now() + readiness_state::every);
  return true;
}

void ask(pointer self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  state.asked = now;
  const auto number = ++state.number;
  const bool tries_write = state.condition.full();
  state.timer.replace(self, now + database_condition::patience);
  self->request(state.store, caf::infinite, check_store{tries_write})
      .then(
          [=](const store_checked& answer) {
            if (ends_question(self, number))
              tell(self, self->state.condition.answered(self->clock().now(),
                                                        answer, tries_write));
          },
          [=](const caf::error& error) {
            if (ends_question(self, number))
              tell(self, self->state.condition.failed(self->clock().now(),
                                                      code_of(error),
                                                      explain(error)));
          });
}

void on_watch(pointer self) {
  auto& state = self->state;
  if (!state.timer.fired(self))
    return;
  const auto now = self->clock().now();
  if (!state.asked || now - *state.asked >= readiness_state::lost) {
    ask(self);
    return;
  }
  tell(self, state.condition.waits(now, *state.asked));
  state.timer.replace(self, now + database_condition::patience);
}

caf::result<readiness_read> on_read(pointer self) {
  auto& state = self->state;
  if (state.condition.known().state != database_state::answers)
    return known(state);
  state.readers.push_back(self->make_response_promise<readiness_read>());
  if (!state.asked)
    ask(self);
  return caf::delegated<readiness_read>{};
}

void on_relay_paused(pointer self, const relay_paused& news) {
  auto& state = self->state;
  if (news.pause.explanation.empty())
    state.paused.erase(news.pause.relay);
  else
    state.paused[news.pause.relay] = news.pause;
}

} // namespace

readiness_state::~readiness_state() {
  for (auto& each : readers)
    each.deliver(make_error(ec::shutting_down));
}

readiness_actor::behavior_type
readiness(readiness_actor::stateful_pointer<readiness_state> self,
          task_query_actor store, store_checked known,
          counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.counters = std::move(counters);
  state.condition = database_condition{std::move(known)};
  state.timer.observe(state.counters, "readiness");
  ask(self);
  return {
      [=](const read_readiness&) { return on_read(self); },
      [=](const database_refused& what) {
        tell(self,
             self->state.condition.refused(self->clock().now(), what.sqlstate));
      },
      [=](const relay_paused& news) { on_relay_paused(self, news); },
      [=](const watch_database&) { on_watch(self); },
  };
}

} // namespace telltale
