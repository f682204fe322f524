#include "actors/persistence/list_statement.hpp"

#include <sstream>
#include <utility>

namespace telltale {

namespace {

constexpr std::size_t most_words = 10;

constexpr std::string_view open_part =
    "t.status IN ('queued', 'running', 'posting_result')";
constexpr std::string_view finished_part = "t.outcome IS NOT NULL";

std::string with_outcome(task_outcome outcome) {
  return "t.outcome = '" + to_string(outcome) + "'";
}

/// A pattern that finds the word as it is, wherever it stands.
std::string containing(const std::string& word) {
  std::string pattern = "%";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '\\')
      pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
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
  std::istringstream words{what.words};
  std::string word;
  for (std::size_t i = 0; i < most_words && words >> word; ++i)
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

} // namespace telltale
