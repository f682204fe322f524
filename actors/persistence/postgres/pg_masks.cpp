#include "actors/persistence/postgres/pg_masks.hpp"

#include "actors/persistence/lifecycle/task_changes.hpp"
#include "actors/persistence/postgres/pg_task_store.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"

namespace telltale {

namespace {

/// Enough for every attempt and a runner that changes its mind.
constexpr const char* insert_statement =
    "WITH counted AS (UPDATE tasks SET masks = masks + 1, version = version + 1"
    "   WHERE id = $1::uuid AND masks < 64 RETURNING id, masks)"
    " INSERT INTO task_masks (task_id, number, sealed)"
    " SELECT id, masks, $2 FROM counted RETURNING number";

constexpr const char* read_statement =
    "SELECT t.id, t.masks, m.sealed"
    " FROM tasks t"
    " LEFT JOIN task_masks m ON m.task_id = ANY(ARRAY[t.id])"
    " WHERE t.id = ANY($1::uuid[]) AND t.masks > 0 ORDER BY t.id, m.number";

/// Late words of a run come within minutes; a day is for those that hung.
constexpr const char* forget_statement =
    "WITH over AS MATERIALIZED (SELECT DISTINCT m.task_id"
    "   FROM (SELECT task_id FROM task_masks ORDER BY task_id) m"
    "   JOIN tasks t ON t.id = ANY(ARRAY[m.task_id])"
    "   WHERE coalesce(t.completed_at, 'infinity')"
    "     < now() - interval '1 day'),"
    " gone AS (DELETE FROM task_masks"
    "   WHERE task_id = ANY(ARRAY(SELECT task_id FROM over)))"
    " UPDATE tasks SET masks = 0, version = version + 1"
    " WHERE id = ANY(ARRAY(SELECT task_id FROM over))";

} // namespace

statement_list mask_statements() {
  return {{"insert_mask", insert_statement},
          {"read_masks", read_statement},
          {"forget_masks", forget_statement}};
}

bool insert_mask(pqxx::transaction_base& transaction, task_id task,
                 const sealed_masks& mask) {
  return !transaction.exec_prepared("insert_mask", to_string(task), mask.bytes)
              .empty();
}

void forget_masks(pqxx::transaction_base& transaction) {
  transaction.exec_prepared("forget_masks");
}

caf::expected<bool>
pg_task_store::keep_masks(std::vector<pending_report>& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& ready = batch[i].ready;
    if (ready.mask.empty())
      continue;
    // A repetition after a lost answer registers the same values twice, which
    // does no harm.
    auto kept = db_.run([&](pqxx::connection& link) {
      pqxx::nontransaction writing{link};
      return insert_mask(writing, ready.task, ready.mask);
    });
    if (!kept)
      return std::move(kept.error());
    if (*kept)
      count_own_mask(batch, i);
  }
  return true;
}

caf::expected<std::vector<task_masks>>
pg_task_store::masks(const std::vector<task_id>& tasks) {
  sql_array ids;
  for (const auto& task : tasks)
    ids.add(task);
  const auto& wanted = ids.done();
  return db_.run([&](pqxx::connection& link) {
    std::vector<task_masks> found;
    pqxx::nontransaction reading{link};
    for (const auto& row : reading.exec_prepared("read_masks", wanted)) {
      const task_id task{uuid_of(row[0])};
      if (found.empty() || found.back().task != task)
        found.push_back({task, row[1].as<std::uint32_t>(), {}});
      if (!row[2].is_null())
        found.back().sealed.push_back({std::string{text_of(row[2])}});
    }
    return found;
  });
}

} // namespace telltale
