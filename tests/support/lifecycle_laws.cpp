#include "tests/support/lifecycle_laws.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "messages/fingerprint.hpp"

namespace telltale {

namespace {

using st = task_status;
using ev = event_type;

std::string broken(std::string law, const task_record& task) {
  return law + ": task " + to_string(task.id) + ", " + to_string(task.status)
         + ", attempt " + std::to_string(task.attempt);
}

/// The table of outcomes, once more.
std::optional<task_outcome> outcome_by_the_book(const task_record& task) {
  switch (task.status) {
  case st::queued:
  case st::running:
  case st::posting_result:
    return std::nullopt;
  case st::failed:
  case st::timed_out:
    return task_outcome::failed;
  case st::cancelled:
    return task_outcome::cancelled;
  case st::succeeded:
    break;
  }
  if (task.posted && *task.posted > 0)
    return task_outcome::delivered;
  if (task.posted)
    return task.intended_empty == true ? task_outcome::clean
                                       : task_outcome::silent_noop;
  return task.error_detail.empty() ? task_outcome::unverified
                                   : task_outcome::silent_noop;
}

/// Scripts give each detail a telling line. What has a reason has the cause
/// that reason and line make, whoever said it.
template <class Row>
std::string broken_cause(const Row& row, const redacted_text& detail) {
  if (detail.empty() != row.telling_line.empty())
    return "a detail has a telling line and nothing else has";
  const auto cause = row.failure_reason ? fingerprint(row.failure_reason->wire,
                                                      row.telling_line.view())
                                        : std::string{};
  return row.cause == cause ? std::string{}
                            : "a cause is made of reason and telling line";
}

bool is_ending(const event_facts& event) {
  return event.type == ev::task_failed || event.type == ev::task_succeeded
         || event.type == ev::task_cancelled || event.type == ev::task_amended
         || event.type == ev::task_recovered;
}

std::string listed(const std::vector<const event_facts*>& events) {
  std::string text;
  for (const auto* event : events)
    text +=
        to_string(event->type) + " ("
        + (event->failure_reason ? event->failure_reason->wire : std::string{})
        + ") ";
  return text;
}

/// Was a failure told as final, and nothing good since?
bool is_told_failed(const std::vector<event_facts>& events) {
  bool told = false;
  for (const auto& event : events) {
    if (event.type == ev::task_failed && !event.will_retry)
      told = true;
    if (event.type == ev::task_recovered)
      told = false;
  }
  return told;
}

/// May this be told of an attempt of which the other was told before? That its
/// retry came to nothing, that the reaper was wrong, that it was cancelled.
bool may_follow(const event_facts& first, const event_facts& then) {
  const bool failed =
      first.type == ev::task_failed || first.type == ev::task_amended;
  if (then.type == ev::task_amended || then.type == ev::task_recovered)
    return failed;
  if (then.type == ev::task_succeeded)
    return failed && first.will_retry;
  if (then.type == ev::task_failed)
    return first.will_retry || then.origin == detail_origin::platform;
  return then.type == ev::task_cancelled;
}

/// An attempt settles once.
std::string broken_settlement(const task_story& story) {
  std::map<std::uint32_t, std::vector<const event_facts*>> endings;
  for (const auto& event : story.events)
    if (is_ending(event))
      endings[event.attempt].push_back(&event);
  for (const auto& attempt : story.attempts) {
    const auto& told = endings[attempt.number];
    if (attempt.ended_at.has_value() == told.empty())
      return "an attempt is settled if and only if its end was told";
    int amended = 0;
    for (std::size_t i = 0; i < told.size(); ++i) {
      amended += told[i]->type == ev::task_amended ? 1 : 0;
      if (i > 0 && !may_follow(*told[i - 1], *told[i]))
        return "an attempt is settled once, but " + listed(told);
    }
    if (amended > 1)
      return "a guess is corrected once, but " + listed(told);
  }
  return {};
}

std::string broken_finish(const task_story& story) {
  const auto& task = story.task;
  if (!is_failure(task.status))
    return {};
  if (!task.failure_reason || task.failure_reason->wire.empty())
    return "a failure has a reason";
  if (story.attempts.empty())
    return "a failure has an attempt";
  const auto tells = [&](const event_facts& event) {
    return event.type == ev::task_failed && event.attempt == task.attempt
           && event.occurred_at == task.completed_at && !event.will_retry;
  };
  if (std::ranges::count_if(story.events, tells) != 1)
    return "a failure has exactly one event";
  const event_facts* last = nullptr;
  for (const auto& event : story.events)
    if (event.type == ev::task_failed || event.type == ev::task_amended)
      last = &event;
  if (last == nullptr || last->failure_reason != task.failure_reason
      || last->will_retry)
    return "the reason of a failure is the one that was told last";
  return {};
}

std::string broken_attempts(const task_story& story) {
  const auto& task = story.task;
  if (story.attempts.size() != task.attempt)
    return "a task has as many attempts as it counts";
  for (std::size_t i = 0; i < story.attempts.size(); ++i) {
    const auto& attempt = story.attempts[i];
    const bool open = is_active(task.status) && i + 1 == story.attempts.size();
    if (attempt.number != i + 1)
      return "attempts are numbered from 1";
    if (attempt.ended_at.has_value() == open)
      return "the attempt under way is open and no other";
    if (is_failure(attempt.status) && !attempt.failure_reason)
      return "a failed attempt keeps its reason";
    if (auto law = broken_cause(attempt, attempt.error_detail); !law.empty())
      return law + " (of an attempt)";
  }
  for (const auto& event : story.events)
    if (auto law = broken_cause(event, event.error); !law.empty())
      return law + " (of an event)";
  return {};
}

std::string broken_row(const task_record& task) {
  if (is_active(task.status) != task.lease_expires_at.has_value())
    return "what is active has a lease and nothing else";
  if (is_terminal(task.status) != task.completed_at.has_value())
    return "what is finished has an end and nothing else";
  if (task.outcome != outcome_by_the_book(task))
    return "the outcome is that of the table";
  if (task.awaits_runner && task.status != st::queued)
    return "only what is queued waits for a runner";
  return broken_cause(task, task.error_detail);
}

/// The event that one change of state is told by.
struct change {
  bool allowed = false;
  std::optional<ev> told;
};

/// What led to a change, beside the two rows.
struct circumstances {
  bool reapers = false;     ///< the last end was the reaper's word
  bool told_failed = false; ///< a final failure was told, and nothing since
};

ev success_after(const circumstances& x) {
  return x.told_failed ? ev::task_recovered : ev::task_succeeded;
}

/// Another reason for the same end, which may also be none.
change amendment(const task_record& a, const task_record& b,
                 const circumstances& x) {
  if (a.failure_reason == b.failure_reason)
    return {a.status == b.status || x.reapers, std::nullopt};
  return {x.reapers, ev::task_amended};
}

change change_of_finished(const task_record& a, const task_record& b,
                          const circumstances& x) {
  if (b.status == st::queued && a.attempt == b.attempt)
    return {b.max_attempts > b.attempt, std::nullopt};
  if (!is_failure(a.status))
    return {};
  if (is_failure(b.status) && b.attempt == a.attempt)
    return amendment(a, b, x);
  if (b.status == st::running && b.attempt == a.attempt + 1)
    return {true, ev::task_started};
  if (b.status == st::succeeded && b.attempt == a.attempt)
    return {x.reapers, ev::task_recovered};
  return {};
}

ev ending_of(st status) {
  switch (status) {
  case st::succeeded:
    return ev::task_succeeded;
  case st::cancelled:
    return ev::task_cancelled;
  case st::queued: // to be tried again
  case st::running:
  case st::posting_result:
  case st::failed:
  case st::timed_out:
    break;
  }
  return ev::task_failed;
}

ev ending_of(st status, const circumstances& x) {
  return status == st::succeeded ? success_after(x) : ending_of(status);
}

change change_of_queued(const task_record& a, const task_record& b,
                        const circumstances& x) {
  if (b.attempt == a.attempt + 1)
    return {true,
            is_active(b.status) ? ev::task_started : ending_of(b.status, x)};
  if (b.attempt != a.attempt || is_active(b.status))
    return {};
  if (b.status == st::queued)
    return amendment(a, b, x);
  if (b.status == st::succeeded)
    return {x.reapers, success_after(x)};
  return {true, ending_of(b.status)};
}

change change_between(const task_record& a, const task_record& b,
                      const circumstances& x) {
  if (is_terminal(a.status) && !is_failure(a.status) && a.status == b.status
      && a.attempt == b.attempt)
    return {true, std::nullopt};
  if (is_terminal(a.status))
    return change_of_finished(a, b, x);
  if (a.status == st::queued)
    return change_of_queued(a, b, x);
  if (b.attempt != a.attempt)
    return {};
  if (is_active(b.status))
    return {true, std::nullopt};
  return {true, ending_of(b.status, x)};
}

/// Has the runner of the last attempt spoken, which the reaper had given up?
bool has_spoken(const task_story& before, const task_story& after) {
  const auto last = before.attempts.size();
  return last > 0 && after.attempts.size() >= last
         && before.attempts[last - 1].settled_by == settled_by::reaper
         && after.attempts[last - 1].settled_by == settled_by::runner;
}

/// What is over stays as it was, but for news of the same word, and for what a
/// runner says that the reaper had given up.
std::string rewritten_attempt(const task_story& before,
                              const task_story& after) {
  const bool spoken = has_spoken(before, after);
  for (std::size_t i = 0; i < before.attempts.size(); ++i) {
    const auto& a = before.attempts[i];
    if (i >= after.attempts.size())
      return "no attempt goes";
    const auto& b = after.attempts[i];
    if (a.id != b.id || a.claimed != b.claimed)
      return "an attempt keeps its id and its beginning";
    if (!a.ended_at)
      continue;
    if (a.ended_at != b.ended_at)
      return "a settled attempt keeps its end";
    if (spoken && i + 1 == before.attempts.size())
      continue;
    if (a.failure_reason != b.failure_reason || a.status != b.status
        || a.settled_by != b.settled_by)
      return "a settled attempt keeps its reason and its status";
    if (!a.error_detail.empty() && b.error_detail.empty())
      return "a settled attempt keeps its detail";
  }
  return {};
}

} // namespace

std::string broken_law(const task_story& story) {
  const auto created = [](const event_facts& event) {
    return event.type == ev::task_created;
  };
  if (std::ranges::count_if(story.events, created) != 1)
    return broken("a task is created once", story.task);
  for (const auto& law : {broken_row(story.task), broken_attempts(story),
                          broken_finish(story), broken_settlement(story)})
    if (!law.empty())
      return broken(law, story.task);
  return {};
}

std::string broken_law(const task_story& before, const task_story& after) {
  const auto& a = before.task;
  const auto& b = after.task;
  circumstances x;
  x.reapers = (!before.attempts.empty()
               && before.attempts.back().settled_by == settled_by::reaper)
              || a.settled_by == settled_by::reaper;
  x.told_failed = is_told_failed(before.events);
  const auto expected = change_between(a, b, x);
  if (!expected.allowed)
    return broken("no such change of state from " + to_string(a.status)
                      + " of attempt " + std::to_string(a.attempt),
                  b);
  if (after.events.size() < before.events.size())
    return broken("no event goes", b);
  const auto news = after.events.size() - before.events.size();
  if (news != (expected.told ? 1U : 0U))
    return broken("a change of state is told by exactly one event", b);
  if (expected.told && after.events.back().type != *expected.told)
    return broken("a change of state is told by its own event", b);
  if (news == 1 && after.events.back().will_retry != (b.status == st::queued))
    return broken("an event says whether a retry comes", b);
  if (auto law = rewritten_attempt(before, after); !law.empty())
    return broken(law, b);
  const bool may_clear = b.status == st::running || b.attempt != a.attempt
                         || has_spoken(before, after)
                         || (is_failure(a.status) && b.status == st::succeeded);
  if (!may_clear && !a.error_detail.empty() && b.error_detail.empty())
    return broken("a detail is erased by a new start alone", b);
  return {};
}

} // namespace telltale
