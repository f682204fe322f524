#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/persistence/postgres/pg_changes.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"
#include "actors/persistence/postgres/queue_floors.hpp"
#include "actors/persistence/store.hpp"

namespace telltale {

/// What the reaper asks, and what people and pages do.
[[nodiscard]] statement_list sweep_statements();
[[nodiscard]] statement_list query_statements();

/// Tasks on PostgreSQL, over one connection. The database's clock is the only
/// clock.
///
/// Reports, heartbeats and people's commands go through `pg_changes`
/// (optimistic, two round trips a batch); claims and sweeps lock the rows they
/// choose (`FOR UPDATE SKIP LOCKED`) and write with the same statement.
class pg_task_store final : public task_store {
public:
  explicit pg_task_store(pg_options options);
  /// For callers of some of its ports alone: `statements` are what these need.
  pg_task_store(pg_options options, statement_list statements);

  void use(const task_rules& rules) override { changes_.use(rules); }

  caf::expected<std::vector<committed_event>>
  apply(std::vector<pending_report>& batch) override;

  caf::expected<std::vector<task_masks>>
  masks(const std::vector<task_id>& tasks) override;

  caf::expected<committed<std::vector<caf::expected<task_created>>>>
      create_all(std::span<const create_task>) override;
  caf::expected<committed<std::vector<caf::expected<tasks_claimed>>>>
      claim_all(std::span<const claim_tasks>) override;
  caf::expected<committed<tasks_returned>>
  give_back(const return_tasks&) override;
  caf::expected<committed<std::vector<heart_beaten>>>
  beat(const std::vector<beat_heart>&) override;
  caf::expected<runtimes_found> enroll(const register_runtimes&) override;
  caf::expected<runtimes_found> leave(const deregister_runtimes&) override;
  caf::expected<runtimes_found> runtimes(const find_runtimes&) override;
  caf::expected<committed<task_changed>> cancel(const cancel_task&) override;
  caf::expected<committed<task_changed>> retry(const retry_task&) override;
  caf::expected<committed<tasks_swept>> sweep(const sweep_tasks&) override;
  caf::expected<truth_checked> check(const check_truth&) override;

  caf::expected<task_found> find(const find_task&) override;
  caf::expected<tasks_listed> list(const list_tasks&) override;
  caf::expected<deliveries_listed> list(const list_deliveries&) override;
  caf::expected<store_checked> check(const check_store&) override;

  caf::expected<chats_listed> bind(const bind_chat&) override;
  caf::expected<chats_listed> unbind(const unbind_chat&) override;
  caf::expected<chats_listed> list(const list_chats&) override;

private:
  using steady = std::chrono::steady_clock;

  /// Notes that these runners are alive, each as often as `sign_interval` says.
  /// Never fails a report.
  void touch_runners(const std::set<runner_id>& runners);

  /// Notes that runners want tasks of these kinds, each now and then.
  void note_kinds(pqxx::connection& link, const std::set<std::string>& kinds);

  /// Keeps the values that reports bring, before the reports are applied.
  caf::expected<bool> keep_masks(std::vector<pending_report>& batch);

  struct runner_signs {
    timestamp now{};
    std::unordered_set<std::string> returned; ///< silent or unknown before
  };
  /// Notes that runners are alive, and lets go of what waited for them. Does
  /// not ask the database for runners whose sign it noted here within
  /// `sign_interval`: nobody takes them for silent. `now` is an estimate then.
  runner_signs touch(pqxx::connection& link,
                     const std::set<std::string>& runners);

  struct create_batch;
  struct claim_batch;

  /// One try in one transaction, as `claim_open`.
  bool create_open(pqxx::connection& link, create_batch& batch);
  /// One try in one transaction. False, and nothing was done, if nobody waits
  /// for some of the calls any more: the others are to be tried again.
  bool claim_open(pqxx::connection& link, claim_batch& batch);
  struct claim_group;
  /// Finds tasks that want the runner that claims.
  void take_wanted(pqxx::work& transaction, claim_batch& batch);
  /// Gives a task that was found to a call.
  void give(claim_batch& batch, std::size_t call, const pqxx::row& row,
            task_snapshot found);
  /// Finds tasks for calls that want the same kinds.
  void take_due(pqxx::work& transaction, claim_batch& batch,
                const claim_group& group, timestamp now);

  /// Rows of tasks that are due, locked, with the database's clock in front.
  /// `now` is the database's, or a moment ago.
  pqxx::result find_due(pqxx::work& transaction,
                        const std::vector<std::string>& kinds,
                        std::int64_t limit, timestamp now);
  /// When a task of these kinds is due that is not due now.
  std::optional<timestamp> find_next_due(pqxx::work& transaction,
                                         const std::vector<std::string>& kinds);
  pqxx::result look(pqxx::work& transaction,
                    const std::vector<std::string>& kinds, std::int64_t limit,
                    std::int64_t more, timestamp now);

  using person_decision = transition (*)(task_snapshot,
                                         const decision_context&);
  /// One command of a person; `wanted` is the state that it leads to.
  caf::expected<committed<task_changed>>
  change(task_id task, task_status wanted, person_decision decide);

  committed<tasks_swept> sweep_once(pqxx::connection& link,
                                    const sweep_tasks& what);

  pg_connection db_;
  pg_changes changes_;
  queue_floors floors_;
  void forget_old_signs(steady::time_point now,
                        std::chrono::milliseconds interval);

  std::unordered_map<std::string, steady::time_point> touched_;
  std::unordered_map<std::string, steady::time_point> noted_kinds_;
  timestamp looked_now_{};         ///< the database's clock
  steady::time_point looked_at_{}; ///< when that was asked for
};

} // namespace telltale
