#include <string>
#include <string_view>
#include <utility>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"
#include "actors/persistence/postgres/search_words.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/store_statements.hpp"
#include "actors/persistence/postgres/task_rows.hpp"

namespace telltale {

namespace {

constexpr const char* lock_progress =
    "SELECT ended_at::text, task_id::text FROM task_word_progress"
    " FOR UPDATE SKIP LOCKED";

constexpr const char* find_index =
    "SELECT to_regclass('telltale.task_words_trigrams') IS NOT NULL";

constexpr const char* make_index =
    "CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    "CREATE INDEX task_words_trigrams ON task_words"
    " USING gin (words gin_trgm_ops)";

constexpr const char* changed_tasks =
    "SELECT c.task_id::text, t.title, t.error_detail"
    " FROM task_word_changes c LEFT JOIN tasks t ON t.id = "
    "ANY(ARRAY[c.task_id])"
    " ORDER BY c.task_id LIMIT $1::bigint FOR UPDATE OF c";

/// What ended after this moment waits: its transaction, or one that began
/// before, may not be over, and what it writes would be passed by. A
/// transaction that has written nothing yet does not count, however old it is,
/// as that of a backup: `write_transitions` looks at the clock when it writes,
/// and notes what ended longer before than the five seconds that are taken off
/// here. Asked in a statement of its own, before the tasks: whatever is over by
/// now is seen there.
constexpr const char* read_horizon = R"(
SELECT least(clock_timestamp() - interval '15 seconds',
             min(xact_start) - interval '5 seconds')
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
  AND backend_xid IS NOT NULL AND pid <> pg_backend_pid())";

/// `$1`, `$2`: progress, `$3`: how many, `$4`: the horizon.
constexpr const char* ended_tasks = R"(
SELECT t.id::text, t.completed_at::text, t.title, t.error_detail
FROM tasks t
WHERE t.completed_at IS NOT NULL
  AND t.completed_at >= $1::timestamptz
  AND (t.completed_at, t.id) > ($1::timestamptz, $2::uuid)
  AND t.completed_at < $4::timestamptz
ORDER BY t.completed_at, t.id LIMIT $3::bigint)";

/// Sessions of other roles hide what they do, and do not count.
constexpr const char* others_at_work = R"(
SELECT EXISTS (
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend'
    AND state <> 'idle' AND pid <> pg_backend_pid()))";

constexpr const char* write_words =
    "INSERT INTO task_words (task_id, words)"
    " SELECT * FROM unnest($1::uuid[], $2::text[])"
    " ON CONFLICT (task_id) DO UPDATE SET words = excluded.words"
    " WHERE task_words.words <> excluded.words";

constexpr const char* forget_changes = R"(
WITH done AS (
  DELETE FROM task_word_changes WHERE task_id = ANY($1::uuid[])
  RETURNING task_id
)
DELETE FROM task_words w USING done
WHERE w.task_id = ANY(ARRAY[done.task_id])
  AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = ANY(ARRAY[done.task_id])))";

constexpr const char* set_progress =
    "UPDATE task_word_progress SET ended_at = $1::timestamptz,"
    " task_id = $2::uuid";

/// Does the refusal say that this database has no pg_trgm for us?
bool is_refusal(const pqxx::sql_error& error) {
  // These two come without their SQLSTATE in libpqxx 6.4.
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr
      || dynamic_cast<const pqxx::feature_not_supported*>(&error) != nullptr)
    return true;
  const std::string_view state = error.sqlstate();
  return state == "58P01"     // its files are not there
         || state == "42704"; // it is in a schema that is not searched
}

/// Rows of `task_words` on their way.
struct word_rows {
  sql_array tasks;
  sql_array words;
  std::size_t count = 0;

  void add(const pqxx::field& task, const pqxx::field& title,
           const pqxx::field& detail) {
    tasks.add(text_of(task));
    auto text = std::string{text_of(title)};
    if (!detail.is_null())
      text.append("\n").append(text_of(detail));
    words.add(fold_words(text));
    ++count;
  }
};

/// Whoever has the lock of the progress row fills the table; a batch is one
/// transaction, so a stop in between loses nothing.
class pg_search final : public word_indexer {
public:
  explicit pg_search(pg_options options)
      : db_(std::move(options), search_statements()) {}

  caf::expected<words_indexed> index(const index_words& what) override {
    return db_.run([&](pqxx::connection& link) {
      words_indexed result;
      if (!has_index(link)) {
        result.state = word_index::missing;
        return result;
      }
      pqxx::work writing{link};
      const auto progress = writing.exec_prepared("lock_progress");
      if (progress.empty()) {
        result.state = word_index::busy;
        return result;
      }
      const auto again = write_changed(writing, what.limit);
      const auto fresh = write_ended(writing, what.limit, progress[0]);
      result.contended =
          writing.exec_prepared("others_at_work")[0][0].as<bool>();
      writing.commit();
      result.indexed = static_cast<std::uint32_t>(again + fresh);
      result.more = again >= what.limit || fresh >= what.limit;
      return result;
    });
  }

private:
  /// Makes the index where there is none. False: that is refused.
  static bool has_index(pqxx::connection& link) {
    pqxx::work making{link};
    if (making.exec(find_index)[0][0].as<bool>())
      return true;
    // Replicas that start together take turns.
    making.exec("SELECT FROM task_word_progress FOR UPDATE");
    if (making.exec(find_index)[0][0].as<bool>())
      return true;
    try {
      making.exec(make_index);
      making.commit();
    } catch (const pqxx::sql_error& error) {
      if (!is_refusal(error))
        throw;
      return false;
    }
    return true;
  }

  static std::size_t write_changed(pqxx::work& writing, std::uint32_t limit) {
    const auto rows =
        writing.exec_prepared("changed_tasks", std::int64_t{limit});
    if (rows.empty())
      return 0;
    word_rows found;
    sql_array all;
    for (const auto& row : rows) {
      all.add(text_of(row[0]));
      if (!row[1].is_null())
        found.add(row[0], row[1], row[2]);
    }
    write(writing, found);
    writing.exec_prepared("forget_changes", all.done());
    return static_cast<std::size_t>(rows.size());
  }

  static std::size_t write_ended(pqxx::work& writing, std::uint32_t limit,
                                 const pqxx::row& progress) {
    const auto horizon = writing.exec_prepared1("read_horizon");
    const auto rows = writing.exec_prepared(
        "ended_tasks", progress[0].c_str(), progress[1].c_str(),
        std::int64_t{limit}, horizon[0].c_str());
    if (rows.empty())
      return 0;
    word_rows found;
    for (const auto& row : rows)
      found.add(row[0], row[2], row[3]);
    write(writing, found);
    const auto last = rows[rows.size() - 1];
    writing.exec_prepared("set_progress", last[1].c_str(), last[0].c_str());
    return static_cast<std::size_t>(rows.size());
  }

  static void write(pqxx::work& writing, word_rows& found) {
    if (found.count > 0)
      writing.exec_prepared("write_words", found.tasks.done(),
                            found.words.done());
  }

  pg_connection db_;
};

} // namespace

statement_list search_statements() {
  return {{"lock_progress", lock_progress},   {"changed_tasks", changed_tasks},
          {"read_horizon", read_horizon},     {"ended_tasks", ended_tasks},
          {"others_at_work", others_at_work}, {"write_words", write_words},
          {"forget_changes", forget_changes}, {"set_progress", set_progress}};
}

std::unique_ptr<word_indexer> make_pg_search(pg_options options) {
  return std::make_unique<pg_search>(std::move(options));
}

} // namespace telltale
