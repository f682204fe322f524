#pragma once

#include <random>
#include <utility>
#include <vector>

#include <caf/expected.hpp>

#include "actors/persistence/lifecycle/change_batch.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"

namespace telltale {

[[nodiscard]] statement_list change_statements();

/// Brings change batches into PostgreSQL: reads snapshots in one statement,
/// decides, writes in one statement, and decides again for rows that somebody
/// else wrote in between.
///
/// A value that the database refuses fails its own row and no other: the batch
/// is halved until the row is found. A write whose answer was lost is told to
/// the batch (`doubt`) and decided again on what is there.
class pg_changes {
public:
  /// The connection, which outlives it, has `change_statements`.
  pg_changes(pg_connection& db, task_rules rules);

  void use(task_rules rules) { rules_ = std::move(rules); }

  [[nodiscard]] const task_rules& rules() const noexcept { return rules_; }

  /// The events that were written. An error leaves those rows unsettled whose
  /// fate it does not tell.
  caf::expected<std::vector<committed_event>> run(change_batch& batch);

  /// For decisions on rows that a transaction has locked.
  [[nodiscard]] decision_context context(timestamp now);

  /// Before an event is written for the first time: its id, and whom it is
  /// told. `chat` is the one that its session is bound to; `labels` are the
  /// task's, as JSON text, and needed only if the rules read them.
  void address(transition& plan, const std::optional<chat_binding>& chat,
               std::string labels = {}) const;

  [[nodiscard]] const std::vector<relay_target>& relays() const noexcept {
    return rules_.relays;
  }

private:
  struct planned;

  pg_failure read(change_batch& batch, std::vector<planned>& round);
  pg_failure write(change_batch& batch, std::vector<planned*> rows,
                   std::vector<committed_event>& events);

  pg_connection& db_;
  task_rules rules_;
  std::minstd_rand chance_{std::random_device{}()};
};

} // namespace telltale
