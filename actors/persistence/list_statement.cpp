#include "actors/persistence/list_statement.hpp"

#include <utility>

#include "actors/persistence/search_words.hpp"

namespace telltale {

namespace {

constexpr std::string_view open_part =
    "t.status IN ('queued', 'running', 'posting_result')";
constexpr std::string_view finished_part = "t.outcome IS NOT NULL";

std::string with_outcome(task_outcome outcome) {
  return "t.outcome = '" + to_string(outcome) + "'";
}

filter filter_of(const list_tasks& what) {
  filter result;
  if (what.status)
    result.add("t.status = $?", to_string(*what.status));
  if (what.outcome)
    result.add("t.outcome = $?", to_string(*what.outcome));
  if (what.why)
    result.add("t.failure_reason = $?", *what.why);
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
  if (what.outcome)
    return {with_outcome(*what.outcome)};
  if (!what.status)
    return {std::string{open_part}, std::string{finished_part}};
  switch (*what.status) {
  case task_status::queued:
  case task_status::running:
  case task_status::posting_result:
    return {"t.status = '" + to_string(*what.status) + "'"};
  case task_status::succeeded:
    return {with_outcome(outcome::delivered), with_outcome(outcome::clean),
            with_outcome(outcome::silent_noop),
            with_outcome(outcome::unverified)};
  case task_status::failed:
  case task_status::timed_out:
    return {with_outcome(outcome::failed)};
  case task_status::cancelled:
    return {with_outcome(outcome::cancelled)};
  }
  return {std::string{finished_part}};
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
