#include "tests/support/row_comparison.hpp"

#include <chrono>
#include <utility>

namespace telltale {

namespace {

constexpr std::chrono::seconds moment{40};

/// Evidence holds moments; what they are is told elsewhere.
std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

} // namespace

bool near(const std::optional<timestamp>& a,
          const std::optional<timestamp>& b) {
  return a.has_value() == b.has_value()
         && (!a || (*a - *b < moment && *b - *a < moment));
}

bool same(task_record a, task_record b) {
  for (const auto member :
       {&task_record::run_after, &task_record::started_at,
        &task_record::completed_at, &task_record::lease_expires_at}) {
    if (!near(a.*member, b.*member))
      return false;
    a.*member = b.*member;
  }
  if (!near(a.created_at, b.created_at))
    return false;
  a.created_at = b.created_at;
  if (a.attempt > 1 && a.current_attempt != attempt_id{})
    a.current_attempt = b.current_attempt; // each side gives its own
  a.version = b.version; // counts writes, and one may be repeated
  return a == b;
}

bool same(attempt_record a, attempt_record b) {
  if (!near(a.started_at, b.started_at) || !near(a.ended_at, b.ended_at)
      || a.late.has_value() != b.late.has_value()
      || (a.late && !near(a.late->at, b.late->at)))
    return false;
  a.started_at = b.started_at;
  a.ended_at = b.ended_at;
  if (a.number > 1 && a.id != attempt_id{})
    a.id = b.id;
  if (a.late)
    a.late->at = b.late->at;
  a.evidence = without_digits(std::move(a.evidence));
  b.evidence = without_digits(std::move(b.evidence));
  return a == b;
}

bool same(event_facts a, event_facts b) {
  if (!near(a.occurred_at, b.occurred_at)
      || a.retry_at.has_value() != b.retry_at.has_value()
      || a.amended.has_value() != b.amended.has_value())
    return false;
  a.amended = b.amended;
  a.id = b.id;
  a.occurred_at = b.occurred_at;
  a.retry_at = b.retry_at;
  return a == b;
}

std::string sketch(const task_record& t) {
  const auto text = [](const auto& value) {
    return value ? to_string(*value) : std::string{"-"};
  };
  const auto when = [](const std::optional<timestamp>& at) {
    return at ? format_rfc3339(*at) : std::string{"-"};
  };
  return "\n    " + to_string(t.status) + " outcome " + text(t.outcome) + " by "
         + text(t.settled_by) + ", attempt " + std::to_string(t.attempt) + "/"
         + std::to_string(t.max_attempts) + ", why " + text(t.failure_reason)
         + ", detail '" + t.error_detail.view() + "', telling '"
         + t.telling_line.view() + "', cause " + t.cause + ", posted "
         + (t.posted ? std::to_string(*t.posted) : "-") + ", empty "
         + (t.intended_empty ? std::to_string(*t.intended_empty) : "-")
         + ", runner '" + t.runner.value + "', awaits "
         + std::to_string(t.awaits_runner) + ", run_after " + when(t.run_after)
         + ", started " + when(t.started_at) + ", completed "
         + when(t.completed_at) + ", lease " + when(t.lease_expires_at);
}

} // namespace telltale
