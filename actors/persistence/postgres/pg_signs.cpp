#include "actors/persistence/postgres/pg_signs.hpp"

#include <algorithm>
#include <utility>

#include "actors/persistence/lifecycle/runner_signs.hpp"
#include "actors/persistence/postgres/pg_task_store.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"

// Runners' signs of life, on PostgreSQL.

namespace telltale {

namespace {

constexpr std::size_t most_touched = 20'000;

constexpr const char* read_signs =
    "SELECT now(), u.id, r.last_seen_at FROM unnest($1::text[]) AS u(id)"
    " LEFT JOIN runners r ON r.id = ANY(ARRAY[u.id])";

// One order of locks for all who note signs of life. A row that needs no sign
// is not even locked.
constexpr const char* write_signs =
    "INSERT INTO runners (id)"
    " SELECT u.id FROM unnest($1::text[]) AS u(id)"
    " LEFT JOIN runners r ON r.id = ANY(ARRAY[u.id])"
    " WHERE r.id IS NULL"
    "   OR r.last_seen_at <= now() - $2::bigint * interval '1 millisecond'"
    " ORDER BY u.id"
    " ON CONFLICT (id) DO UPDATE SET last_seen_at = now()"
    " WHERE runners.last_seen_at"
    "   <= now() - $2::bigint * interval '1 millisecond'";

constexpr const char* release_waiting =
    "UPDATE tasks SET awaits_runner = false, version = version + 1"
    " WHERE awaits_runner AND runner_id = ANY($1::text[])";

/// How often a kind that runners claim is noted: it is asked for by the day.
constexpr std::chrono::minutes kind_interval{10};

constexpr const char* write_kinds =
    "INSERT INTO claimed_kinds (kind)"
    " SELECT u.kind FROM unnest($1::text[]) AS u(kind) ORDER BY u.kind"
    " ON CONFLICT (kind) DO UPDATE SET claimed_at = now()";

/// Kinds that nobody wants any more, so that their names do not gather.
constexpr const char* forget_kinds =
    "DELETE FROM claimed_kinds WHERE claimed_at < now() - interval '2 days'";

} // namespace

statement_list sign_statements() {
  return {{"read_signs", read_signs},
          {"write_kinds", write_kinds},
          {"forget_kinds", forget_kinds},
          {"write_signs", write_signs},
          {"release_waiting", release_waiting}};
}

void pg_task_store::touch_runners(const std::set<runner_id>& runners) {
  const auto now = steady::now();
  const auto interval = sign_interval(changes_.rules().runner_silence);
  sql_array due;
  std::vector<std::string> names;
  for (const auto& runner : runners) {
    const auto& name = runner.value;
    auto& last = touched_[name];
    if (last == steady::time_point{} || now - last >= interval) {
      last = now;
      due.add(name);
      names.push_back(name);
    }
  }
  forget_old_signs(now, interval);
  if (names.empty())
    return;
  const auto& list = due.done();
  const auto touched = db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction writing{link};
    writing.exec_prepared("write_signs", list, interval.count());
    return true;
  });
  if (!touched)
    for (const auto& name : names)
      touched_.erase(name);
}

void pg_task_store::forget_old_signs(steady::time_point now,
                                     std::chrono::milliseconds interval) {
  if (touched_.size() > most_touched)
    std::erase_if(touched_, [&](const auto& entry) {
      return now - entry.second >= interval;
    });
}

void pg_task_store::note_kinds(pqxx::connection& link,
                               const std::set<std::string>& kinds) {
  const auto now = steady::now();
  sql_array due;
  std::vector<std::string> names;
  for (const auto& kind : kinds) {
    const auto known = noted_kinds_.find(kind);
    if (known != noted_kinds_.end() && now - known->second < kind_interval)
      continue;
    due.add(kind);
    names.push_back(kind);
  }
  if (names.empty())
    return;
  pqxx::nontransaction writing{link};
  writing.exec_prepared("forget_kinds");
  writing.exec_prepared("write_kinds", due.done());
  std::erase_if(noted_kinds_, [&](const auto& entry) {
    return now - entry.second >= kind_interval;
  });
  for (const auto& name : names)
    noted_kinds_[name] = now;
}

pg_task_store::runner_signs
pg_task_store::touch(pqxx::connection& link,
                     const std::set<std::string>& runners) {
  const auto began = steady::now();
  const auto interval = sign_interval(changes_.rules().runner_silence);
  const auto is_fresh = [&](const std::string& name) {
    const auto found = touched_.find(name);
    return found != touched_.end() && began - found->second < interval;
  };
  if (looked_at_ != steady::time_point{}
      && std::ranges::all_of(runners, is_fresh))
    return {looked_now_
                + std::chrono::duration_cast<timestamp::duration>(began
                                                                  - looked_at_),
            {}};
  pqxx::nontransaction writing{link};
  runner_signs signs;
  sql_array names;
  for (const auto& name : runners)
    names.add(name);
  const auto silence = changes_.rules().runner_silence;
  sql_array due;
  sql_array back;
  bool any_due = false;
  for (const auto& row : writing.exec_prepared("read_signs", names.done())) {
    signs.now = moment_of(row[0]);
    const auto stored = maybe_moment(row[2]);
    if (is_sign_due(stored, signs.now, silence)) {
      due.add(text_of(row[1]));
      any_due = true;
    }
    if (has_returned(stored, signs.now, silence)) {
      back.add(text_of(row[1]));
      signs.returned.emplace(text_of(row[1]));
    }
  }
  if (any_due)
    writing.exec_prepared("write_signs", due.done(),
                          sign_interval(silence).count());
  if (!signs.returned.empty())
    writing.exec_prepared("release_waiting", back.done());
  looked_at_ = began;
  looked_now_ = signs.now;
  for (const auto& name : runners)
    touched_[name] = began;
  forget_old_signs(began, interval);
  return signs;
}

} // namespace telltale
