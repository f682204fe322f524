#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/persistence/lifecycle/targets.hpp"
#include "actors/persistence/postgres/pg_sockets.hpp"
#include "actors/persistence/store.hpp"
#include "config/config.hpp"
#include "messages/counters.hpp"
#include "messages/event.hpp"
#include "messages/readiness.hpp"

// The first page of persistence: what the composition root makes of it. No word
// of a database library is in here.

namespace telltale {

/// What the rules of tasks depend on; taken from the configuration.
struct task_rules {
  std::chrono::milliseconds lease{60'000};
  std::chrono::milliseconds runner_silence{150'000};
  config::retry_config retry;
  std::vector<relay_target> relays; ///< those of this process
  chat_routing routes{};

  bool operator==(const task_rules&) const = default;
};

/// What every store on PostgreSQL needs.
struct pg_options {
  std::string url; ///< a connection string or URI; holds a credential
  std::chrono::milliseconds statement_timeout{30'000};
  task_rules rules{}; ///< until others come
  counter_board_ptr counters = std::make_shared<counter_board>();
  /// Is told when the database has no room; may be null.
  database_watcher_handle watcher{};
  pg_sockets_ptr sockets = std::make_shared<pg_sockets>();
};

// Stores on PostgreSQL, each with a connection of its own, made at its first
// use, on which its own statements are prepared and no others. One thread each.

[[nodiscard]] std::unique_ptr<report_writer> make_pg_report_writer(pg_options);
[[nodiscard]] std::unique_ptr<task_command_store>
    make_pg_task_commands(pg_options);
[[nodiscard]] std::unique_ptr<claim_store> make_pg_claims(pg_options);
[[nodiscard]] std::unique_ptr<heartbeats> make_pg_heartbeats(pg_options);
[[nodiscard]] std::unique_ptr<sweeper> make_pg_sweeper(pg_options);
[[nodiscard]] std::unique_ptr<task_reader> make_pg_task_reader(pg_options);
[[nodiscard]] std::unique_ptr<chat_bindings> make_pg_chat_bindings(pg_options);

/// All of these in one.
[[nodiscard]] std::unique_ptr<task_store> make_pg_task_store(pg_options);

/// The same for what operators count.
[[nodiscard]] std::unique_ptr<statistics_store> make_pg_statistics(pg_options);

/// The same for what is old.
[[nodiscard]] std::unique_ptr<row_pruner> make_pg_retention(pg_options);

/// The same for the words that searches ask for.
[[nodiscard]] std::unique_ptr<word_indexer> make_pg_search(pg_options);

/// Who has signed in to the page, on PostgreSQL.
[[nodiscard]] std::unique_ptr<session_list> make_pg_sessions(pg_options);

/// What operators hold back, on PostgreSQL.
[[nodiscard]] std::unique_ptr<mute_list> make_pg_mutes(pg_options);

/// The event log on PostgreSQL.
[[nodiscard]] std::unique_ptr<event_log_store> make_pg_event_log(pg_options);

/// The deliveries on PostgreSQL, on their way.
[[nodiscard]] std::unique_ptr<delivery_store> make_pg_deliveries(pg_options);

/// The same deliveries, as people look after them.
[[nodiscard]] std::unique_ptr<redelivery_store>
    make_pg_redeliveries(pg_options);

} // namespace telltale
