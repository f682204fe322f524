#include "actors/persistence/rooms.hpp"

#include <utility>

#include <caf/result.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/fact_counts.hpp"

namespace telltale {

namespace {

/// An answer of the store as the answer of the actor.
template <class T> caf::result<T> pass(caf::expected<T> answer) {
  if (!answer)
    return std::move(answer.error());
  return std::move(*answer);
}

/// Tells what was committed before the answer goes out.
template <class Self, class T>
caf::result<T> tell(Self self, caf::expected<committed<T>> done) {
  if (!done)
    return std::move(done.error());
  auto& state = self->state;
  if (!done->facts.empty()) {
    count_facts(*state.counters, done->facts);
    self->send(state.listener, events_committed{std::move(done->facts)});
  }
  return std::move(done->answer);
}

using sweeper = sweep_store_actor::stateful_pointer<sweep_store_state>;

} // namespace

task_store_actor::behavior_type
task_store_room(task_store_actor::stateful_pointer<task_store_state> self,
                std::unique_ptr<task_store> store,
                failed_task_payload_actor listener,
                counter_board_ptr counters) {
  self->state = {std::move(store), std::move(listener), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const create_task& what) { return tell(self, port->create(what)); },
      [=](const claim_tasks& what) { return tell(self, port->claim(what)); },
      [=](const return_tasks& what) {
        return tell(self, port->give_back(what));
      },
      [=](const cancel_task& what) { return tell(self, port->cancel(what)); },
      [=](const retry_task& what) { return tell(self, port->retry(what)); },
  };
}

sweep_store_actor::behavior_type sweep_store(sweeper self,
                                             std::unique_ptr<task_store> store,
                                             failed_task_payload_actor listener,
                                             counter_board_ptr counters) {
  self->state = {std::move(store), std::move(listener), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const sweep_tasks& what) { return tell(self, port->sweep(what)); },
      [=](const check_truth& what) { return pass(port->check(what)); },
  };
}

task_query_actor::behavior_type
task_queries(task_query_actor::stateful_pointer<task_query_state> self,
             std::unique_ptr<task_store> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {
      [=](const find_task& what) { return pass(port->find(what)); },
      [=](const list_tasks& what) { return pass(port->list(what)); },
      [=](const list_deliveries& what) { return pass(port->list(what)); },
      [=](const check_store& what) { return pass(port->check(what)); },
  };
}

retention_store_actor::behavior_type retention_store_room(
    retention_store_actor::stateful_pointer<retention_store_state> self,
    std::unique_ptr<retention_store> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {[=](const prune_old& what) { return pass(port->prune(what)); }};
}

search_store_actor::behavior_type
search_store_room(search_store_actor::stateful_pointer<search_store_state> self,
                  std::unique_ptr<search_store> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {[=](const index_words& what) { return pass(port->index(what)); }};
}

statistics_actor::behavior_type
statistics(statistics_actor::stateful_pointer<statistics_state> self,
           std::unique_ptr<statistics_store> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {
      [=](const read_stats& what) { return pass(port->read(what)); },
      [=](const list_runners& what) { return pass(port->list(what)); },
  };
}

chat_store_actor::behavior_type
chat_store(chat_store_actor::stateful_pointer<chat_store_state> self,
           std::unique_ptr<task_store> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {
      [=](const bind_chat& what) { return pass(port->bind(what)); },
      [=](const unbind_chat& what) { return pass(port->unbind(what)); },
      [=](const list_chats& what) { return pass(port->list(what)); },
  };
}

mute_store_actor::behavior_type
mute_store_room(mute_store_actor::stateful_pointer<mute_store_state> self,
                std::unique_ptr<mute_store> store) {
  self->state.store = std::move(store);
  auto* port = self->state.store.get();
  return {
      [=](const put_mute& what) { return pass(port->put(what)); },
      [=](const clear_mute& what) { return pass(port->clear(what)); },
      [=](const list_mutes& what) { return pass(port->list(what)); },
  };
}

} // namespace telltale
