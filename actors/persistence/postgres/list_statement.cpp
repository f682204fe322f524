#include "actors/persistence/postgres/list_statement.hpp"

#include <utility>

#include "actors/persistence/lifecycle/told.hpp"
#include "actors/persistence/postgres/search_words.hpp"

namespace telltale {

namespace {

constexpr std::string_view open_part =
    "t.status IN ('queued', 'running', 'posting_result')";
constexpr std::string_view finished_part = "t.outcome IS NOT NULL";

std::string with_outcome(task_outcome outcome) {
  return "t.outcome = '" + to_string(outcome) + "'";
}

/// A finished task, said as the predicates of the indexes say it that serve
/// these filters; each in its own words, so that they can be intersected.
std::string finished_as_indexed(const list_tasks& what) {
  std::string said;
  if (what.runner)
    said += " AND t.completed_at IS NOT NULL";
  if (what.kind)
    said += " AND t.status IN ('succeeded', 'failed', 'timed_out', "
            "'cancelled')";
  if (what.failure_reason)
    said += " AND t.status NOT IN ('queued', 'running', 'posting_result')";
  return said;
}

/// States that few tasks are in are looked for among the deliveries that are.
void add_told(filter& rows, told_state told) {
  if (told == told_state::nobody)
    return rows.add("t.untold");
  rows.add(std::string{told_rank} + " = "
           + std::to_string(static_cast<int>(told)));
  if (told == told_state::dead)
    rows.add("t.id IN (SELECT x.task_id FROM deliveries x WHERE x.state = "
             "'dead' AND x.created_at IS NOT NULL)");
  else if (told != told_state::told)
    rows.add("t.id IN (SELECT x.task_id FROM deliveries x WHERE x.state = "
             "'pending')");
}

filter filter_of(const list_tasks& what) {
  filter result;
  if (what.status)
    result.add("t.status = $?", to_string(*what.status));
  if (what.outcome)
    result.add("t.outcome = $?", to_string(*what.outcome));
  if (what.failure_reason)
    result.add("t.failure_reason = $?", *what.failure_reason);
  if (what.cause) // the index of what is open holds reasons, and no causes
    result.add("t.failure_reason IS NOT NULL AND t.cause = $?", *what.cause);
  if (what.kind)
    result.add("t.kind = $?", *what.kind);
  if (what.runner)
    result.add("t.runner_id = $?", what.runner->value);
  if (what.chat_session)
    result.add("t.chat_session_id = $?", what.chat_session->value);
  if (what.since)
    result.add("t.created_at >= $?::timestamptz", format_rfc3339(*what.since));
  if (what.until)
    result.add("t.created_at < $?::timestamptz", format_rfc3339(*what.until));
  if (what.told)
    add_told(result, *what.told);
  for (const auto& word : words_of(what.words))
    result.add("(t.title ILIKE $? OR t.error_detail ILIKE $?)",
               containing(word));
  if (what.after)
    result.add_after(*what.after, "t");
  return result;
}

} // namespace

void filter::add(std::string condition, std::string value) {
  values_.push_back(std::move(value));
  const auto place = "$" + std::to_string(values_.size());
  for (auto at = condition.find("$?"); at != std::string::npos;
       at = condition.find("$?", at + place.size()))
    condition.replace(at, 2, place);
  sql_ += (sql_.empty() ? " WHERE " : " AND ") + condition;
}

void filter::add(const std::string& condition) {
  sql_ += (sql_.empty() ? " WHERE " : " AND ") + condition;
}

std::string filter::bind(std::string value) {
  values_.push_back(std::move(value));
  return "$" + std::to_string(values_.size());
}

void filter::add_after(const page_cursor& cursor, const std::string& table) {
  values_.push_back(format_rfc3339(cursor.created_at));
  values_.push_back(to_string(cursor.id));
  const auto size = values_.size();
  sql_ += (sql_.empty() ? " WHERE (" : " AND (") + table + ".created_at, "
          + table + ".id) < ($" + std::to_string(size - 1) + "::timestamptz, $"
          + std::to_string(size) + "::uuid)";
}

std::vector<std::string> parts_of(const list_tasks& what) {
  using outcome = task_outcome;
  const auto said = finished_as_indexed(what);
  const auto ended = [&](outcome which) { return with_outcome(which) + said; };
  const auto all_ended = std::string{finished_part} + said;
  if (what.outcome)
    return {ended(*what.outcome)};
  if (!what.status && what.told == told_state::nobody)
    return {all_ended};
  if (!what.status)
    return {std::string{open_part}, all_ended};
  switch (*what.status) {
  case task_status::queued:
  case task_status::running:
  case task_status::posting_result:
    return {"t.status = '" + to_string(*what.status) + "'"};
  case task_status::succeeded:
    return {ended(outcome::delivered), ended(outcome::clean),
            ended(outcome::silent_noop), ended(outcome::unverified)};
  case task_status::failed:
  case task_status::timed_out:
    return {ended(outcome::failed)};
  case task_status::cancelled:
    return {ended(outcome::cancelled)};
  }
  return {all_ended};
}

list_statement statement_of(const list_tasks& what, std::string_view columns) {
  const auto rows = filter_of(what);
  const auto asked = rows.sql();
  const auto page = [&](const std::string& table) {
    return " ORDER BY " + table + "created_at DESC, " + table + "id DESC LIMIT "
           + std::to_string(what.limit + 1);
  };
  const auto parts = parts_of(what);
  std::string all;
  for (const auto& part : parts) {
    if (!all.empty())
      all += " UNION ALL ";
    all += "(SELECT " + std::string{columns} + " FROM tasks t"
           + (asked.empty() ? " WHERE " : asked + " AND ") + part + page("t.")
           + ")";
  }
  if (parts.size() > 1)
    all = "SELECT * FROM (" + all + ") found" + page("");
  return {std::move(all), rows.values()};
}

list_statement statement_of(const list_deliveries& what,
                            std::string_view columns) {
  filter rows;
  if (what.relay)
    rows.add("d.relay = $?", *what.relay);
  if (what.task)
    rows.add("d.task_id = $?::uuid", to_string(*what.task));
  if (what.after)
    rows.add_after(*what.after, "d");
  auto asked = rows.sql();
  // Spelled, since a state has an index of its own: in any plan.
  if (what.state)
    asked += (asked.empty() ? " WHERE d.state = '" : " AND d.state = '")
             + to_string(*what.state) + "'";
  // As the predicate of the index of the newest says it.
  asked += asked.empty() ? " WHERE " : " AND ";
  asked += "d.created_at IS NOT NULL";
  return {"SELECT " + std::string{columns} + " FROM deliveries d" + asked
              + " ORDER BY d.created_at DESC, d.id DESC LIMIT "
              + std::to_string(what.limit + 1),
          rows.values()};
}

list_statement searched_statement(const list_tasks& what,
                                  std::string_view columns,
                                  const word_progress& have) {
  auto rows = filter_of(what);
  const auto asked = rows.sql();
  const auto ended_at = rows.bind(have.ended_at);
  const auto task = rows.bind(have.task);
  std::string found;
  for (const auto& pattern : indexed_patterns(words_of(what.words)))
    found += (found.empty() ? " WHERE words LIKE " : " AND words LIKE ")
             + rows.bind(pattern);
  // What the index has not got yet is judged row by row, with all else that
  // is asked, so that few go on.
  const auto unwritten = [&](const std::string& part) {
    return "SELECT t.id FROM tasks t" + asked + " AND " + part;
  };
  auto sql = "SELECT " + std::string{columns} + " FROM tasks t JOIN (SELECT"
             + " task_id AS found FROM task_words" + found
             + " UNION SELECT task_id FROM task_word_changes UNION "
             + unwritten("t.completed_at >= " + ended_at
                         + "::timestamptz AND (t.completed_at, t.id) > ("
                         + ended_at + "::timestamptz, " + task + "::uuid)")
             + " UNION " + unwritten(std::string{open_part})
             + ") hits ON t.id = hits.found" + asked
             + " ORDER BY t.created_at DESC, t.id DESC LIMIT "
             + std::to_string(what.limit + 1);
  return {std::move(sql), rows.values()};
}

} // namespace telltale
