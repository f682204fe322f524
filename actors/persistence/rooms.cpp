#include "actors/persistence/rooms.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/store_answers.hpp"

namespace telltale {

namespace {

using sweep_pointer = sweep_store_actor::stateful_pointer<sweep_store_state>;

} // namespace

sweep_store_actor::behavior_type sweep_store(sweep_pointer self,
                                             std::unique_ptr<sweeper> store,
                                             failed_task_payload_actor listener,
                                             counter_board_ptr counters) {
  self->state = {std::move(store), std::move(listener), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const sweep_tasks& what) { return tell(self, port->sweep(what)); },
      [=](const check_truth& what) { return pass(port->check(what)); },
      [=](const options_changed<task_rules>& fresh) {
        port->use(fresh.options);
      },
  };
}

task_query_actor::behavior_type
task_queries(task_query_actor::stateful_pointer<task_query_state> self,
             std::unique_ptr<task_reader> store, counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const find_task& what) {
        return read_if_wanted(self, "find_task", what,
                              [&] { return port->find(what); });
      },
      [=](const list_tasks& what) {
        return read_if_wanted(self, "list_tasks", what,
                              [&] { return port->list(what); });
      },
      [=](const list_deliveries& what) {
        return read_if_wanted(self, "list_deliveries", what,
                              [&] { return port->list(what); });
      },
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
           std::unique_ptr<statistics_store> store,
           counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const read_stats& what) {
        return read_if_wanted(self, "read_stats", what,
                              [&] { return port->read(what); });
      },
      [=](const list_runners& what) {
        return read_if_wanted(self, "list_runners", what,
                              [&] { return port->list(what); });
      },
  };
}

chat_store_actor::behavior_type
chat_store(chat_store_actor::stateful_pointer<chat_store_state> self,
           std::unique_ptr<chat_bindings> store, counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const bind_chat& what) { return pass(port->bind(what)); },
      [=](const unbind_chat& what) { return pass(port->unbind(what)); },
      [=](const list_chats& what) {
        return read_if_wanted(self, "list_chats", what,
                              [&] { return port->list(what); });
      },
  };
}

mute_store_actor::behavior_type
mute_store_room(mute_store_actor::stateful_pointer<mute_store_state> self,
                std::unique_ptr<mute_store> store, counter_board_ptr counters) {
  self->state = {std::move(store), std::move(counters)};
  auto* port = self->state.store.get();
  return {
      [=](const put_mute& what) { return pass(port->put(what)); },
      [=](const clear_mute& what) { return pass(port->clear(what)); },
      [=](const list_mutes& what) {
        return read_if_wanted(self, "list_mutes", what,
                              [&] { return port->list(what); });
      },
  };
}

} // namespace telltale
