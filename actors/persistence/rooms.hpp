#pragma once

#include <memory>

#include "actors/persistence/report_store.hpp"
#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

// The smaller actors of persistence: each is its protocol over the port. All
// block in the store and are spawned detached. An error of the store is the
// answer; nothing is tried again here, since whoever asks knows whether it is
// still worth it. A read that nobody waits for any more when its turn comes is
// answered `call_expired` and not run.

namespace telltale {

struct sweep_store_state {
  static inline const char* name = "sweep-store";
  std::unique_ptr<sweeper> store;
  failed_task_payload_actor listener;
  counter_board_ptr counters;
};

/// Settles what went silent. Sends `events_committed`.
[[nodiscard]] sweep_store_actor::behavior_type
sweep_store(sweep_store_actor::stateful_pointer<sweep_store_state> self,
            std::unique_ptr<sweeper> store, failed_task_payload_actor listener,
            counter_board_ptr counters);

struct task_query_state {
  static inline const char* name = "task-queries";
  std::unique_ptr<task_reader> store;
  counter_board_ptr counters;
};

/// Reads for people and pages.
[[nodiscard]] task_query_actor::behavior_type
task_queries(task_query_actor::stateful_pointer<task_query_state> self,
             std::unique_ptr<task_reader> store, counter_board_ptr counters);

struct retention_store_state {
  static inline const char* name = "retention-store";
  std::unique_ptr<retention_store> store;
};

/// Deletes what is old.
[[nodiscard]] retention_store_actor::behavior_type retention_store_room(
    retention_store_actor::stateful_pointer<retention_store_state> self,
    std::unique_ptr<retention_store> store);

struct search_store_state {
  static inline const char* name = "search-store";
  std::unique_ptr<search_store> store;
};

/// Writes the index of words.
[[nodiscard]] search_store_actor::behavior_type
search_store_room(search_store_actor::stateful_pointer<search_store_state> self,
                  std::unique_ptr<search_store> store);

struct statistics_state {
  static inline const char* name = "statistics";
  std::unique_ptr<statistics_store> store;
  counter_board_ptr counters;
};

/// Counts for people and pages.
[[nodiscard]] statistics_actor::behavior_type
statistics(statistics_actor::stateful_pointer<statistics_state> self,
           std::unique_ptr<statistics_store> store, counter_board_ptr counters);

struct chat_store_state {
  static inline const char* name = "chat-store";
  std::unique_ptr<chat_bindings> store;
  counter_board_ptr counters;
};

/// Which chat a chat session is bound to.
[[nodiscard]] chat_store_actor::behavior_type
chat_store(chat_store_actor::stateful_pointer<chat_store_state> self,
           std::unique_ptr<chat_bindings> store, counter_board_ptr counters);

struct mute_store_state {
  static inline const char* name = "mute-store";
  std::unique_ptr<mute_store> store;
  counter_board_ptr counters;
};

/// What operators hold back.
[[nodiscard]] mute_store_actor::behavior_type
mute_store_room(mute_store_actor::stateful_pointer<mute_store_state> self,
                std::unique_ptr<mute_store> store, counter_board_ptr counters);

} // namespace telltale
