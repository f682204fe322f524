#include "tests/support/memory_task_store.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <tuple>

#include "actors/persistence/lifecycle/told.hpp"
#include "actors/persistence/postgres/migrate.hpp"

// What people and pages read from the memory store, and its chats.

namespace telltale {

namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

bool has_words(const task_record& task, const std::string& words) {
  const auto title = lower(task.title.view());
  const auto detail = lower(task.error_detail.view());
  std::istringstream reading{lower(words)};
  for (std::string word; reading >> word;)
    if (title.find(word) == std::string::npos
        && detail.find(word) == std::string::npos)
      return false;
  return true;
}

bool fits(const task_record& task, const list_tasks& what) {
  const auto is = [](const auto& wanted, const auto& value) {
    return !wanted || *wanted == value;
  };
  return is(what.status, task.status)
         && (!what.outcome || task.outcome == what.outcome)
         && (!what.cause || task.cause == *what.cause)
         && (!what.failure_reason
             || (task.failure_reason
                 && task.failure_reason->wire == *what.failure_reason))
         && is(what.kind, task.kind) && is(what.runner, task.runner)
         && is(what.chat_session, task.chat_session)
         && (!what.since || task.created_at >= *what.since)
         && (!what.until || task.created_at < *what.until)
         && (!what.told || (*what.told == told_state::nobody && task.untold))
         && (!what.after
             || std::tie(task.created_at, task.id.value)
                    < std::tie(what.after->created_at, what.after->id))
         && has_words(task, what.words);
}

} // namespace

caf::expected<truth_checked> memory_task_store::check(const check_truth& what) {
  truth_checked result;
  const auto blame = [&](const char* broken, const task_record& task) {
    if (result.violations++ == 0)
      result.first = std::string{broken} + ": task " + to_string(task.id);
  };
  for (const auto& [id, task] : db_->tasks) {
    const auto attempt = snapshot(task).attempt;
    if (is_active(task.status)
        && (!task.lease_expires_at || !attempt || attempt->ended_at))
      blame("an active task lacks its lease or its open attempt", task);
    if (!task.completed_at || *task.completed_at <= db_->now - what.window)
      continue;
    if (attempt && !attempt->ended_at)
      blame("a finished task has an open attempt", task);
    if (!task.outcome || (is_failure(task.status) && !task.failure_reason))
      blame("a finished task lacks reason or outcome", task);
    const auto told = std::ranges::count_if(db_->events, [&](const auto& e) {
      return e.task == task.id && e.attempt == task.attempt
             && e.type == event_type::task_failed
             && e.occurred_at == *task.completed_at;
    });
    if (is_failure(task.status) && (!attempt || told != 1))
      blame("a failure has not exactly one event", task);
  }
  return result;
}

caf::expected<task_found> memory_task_store::find(const find_task& what) {
  task_found result;
  auto task = db_->tasks.find(what.task);
  for (const auto& [key, attempt] : db_->attempts)
    if (attempt.id.value == what.task.value) {
      task = db_->tasks.find(key.first);
      result.asked = attempt.number;
    }
  if (task == db_->tasks.end())
    return make_error(ec::task_not_found, "task " + to_string(what.task));
  result.task = task->second;
  result.found_at = db_->now;
  for (const auto& [key, attempt] : db_->attempts)
    if (key.first == task->first)
      result.attempts.push_back(attempt);
  result.told = summarize_told(result.task, {});
  return result;
}

caf::expected<tasks_listed> memory_task_store::list(const list_tasks& what) {
  tasks_listed result;
  for (const auto& [id, task] : db_->tasks)
    if (fits(task, what))
      result.tasks.push_back({task, summarize_told(task, {})});
  std::ranges::sort(result.tasks, [](const auto& a, const auto& b) {
    return std::tie(a.created_at, a.id) > std::tie(b.created_at, b.id);
  });
  if (result.tasks.size() > what.limit) {
    result.tasks.resize(what.limit);
    const auto& last = result.tasks.back();
    result.next = page_cursor{last.created_at, last.id.value};
  }
  return result;
}

caf::expected<deliveries_listed>
memory_task_store::list(const list_deliveries&) {
  return deliveries_listed{};
}

caf::expected<store_checked> memory_task_store::check(const check_store&) {
  return store_checked{true, newest_migration(), true};
}

caf::expected<chats_listed> memory_task_store::bind(const bind_chat& what) {
  db_->chats[what.binding.session.value] = what.binding;
  return chats_listed{{what.binding}};
}

caf::expected<chats_listed> memory_task_store::unbind(const unbind_chat& what) {
  const auto known = db_->chats.find(what.session.value);
  if (known == db_->chats.end())
    return make_error(ec::chat_session_not_found,
                      "chat session " + what.session.value);
  chats_listed result{{known->second}};
  db_->chats.erase(known);
  return result;
}

caf::expected<chats_listed> memory_task_store::list(const list_chats& what) {
  chats_listed result;
  for (const auto& [session, binding] : db_->chats)
    if ((!what.session || what.session->value == session)
        && session > what.after.value && result.bindings.size() < what.limit)
      result.bindings.push_back(binding);
  return result;
}

} // namespace telltale
