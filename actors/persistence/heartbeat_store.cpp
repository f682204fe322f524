#include "actors/persistence/heartbeat_store.hpp"

#include <utility>

#include <caf/result.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/fact_counts.hpp"

namespace telltale {

namespace {

using heart = heartbeat_store_actor::stateful_pointer<heartbeat_store_state>;
using promise = heartbeat_store_state::promise;

void tell(heart self, std::vector<event_facts> facts) {
  if (facts.empty())
    return;
  count_facts(*self->state.counters, facts);
  self->send(self->state.listener, events_committed{std::move(facts)});
}

void beat_all(heart self, std::vector<beat_heart> beats,
              std::vector<promise> answers) {
  auto done = self->state.store->beat(beats);
  if (done) {
    tell(self, std::move(done->facts));
    for (std::size_t i = 0; i < answers.size(); ++i)
      answers[i].deliver(std::move(done->answer[i]));
    return;
  }
  if (beats.size() == 1 || is_of_database(code_of(done.error()))) {
    for (auto& answer : answers)
      answer.deliver(done.error());
    return;
  }
  // One of them is the database's trouble; the others shall not have it.
  for (std::size_t i = 0; i < beats.size(); ++i)
    beat_all(self, {beats[i]}, {answers[i]});
}

caf::result<heart_beaten> on_beat(heart self, beat_heart& what) {
  auto& state = self->state;
  state.beats.push_back(std::move(what));
  state.answers.push_back(self->make_response_promise<heart_beaten>());
  if (state.beats.size() >= heartbeat_store_state::most_at_once)
    beat_all(self, std::exchange(state.beats, {}),
             std::exchange(state.answers, {}));
  else if (!std::exchange(state.flush_pending, true))
    self->send(self, flush_beats{});
  return caf::delegated<heart_beaten>{};
}

void on_flush(heart self) {
  auto& state = self->state;
  state.flush_pending = false;
  if (!state.beats.empty())
    beat_all(self, std::exchange(state.beats, {}),
             std::exchange(state.answers, {}));
}

} // namespace

heartbeat_store_state::~heartbeat_store_state() {
  for (auto& answer : answers)
    answer.deliver(make_error(ec::database_unavailable));
}

heartbeat_store_actor::behavior_type
heartbeat_store(heart self, std::unique_ptr<task_store> store,
                failed_task_payload_actor listener,
                counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.listener = std::move(listener);
  state.counters = std::move(counters);
  return {
      [=](beat_heart& what) { return on_beat(self, what); },
      [=](flush_beats) { on_flush(self); },
  };
}

} // namespace telltale
