// libs: telltale_persistence
#define CAF_SUITE unit.transition

#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/stored_text.hpp"

#include <caf/test/dsl.hpp>

// The lifecycle as a table, and the rules that hold in every row.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;
constexpr auto by_runner = settled_by::runner;
constexpr auto by_reaper = settled_by::reaper;

const timestamp noon{
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::June / 23}
    + 12h};

redacted_text clean(std::string text) {
  return stored_text::from_store(std::move(text));
}

const config::retry_config taxonomy;

decision_context context() {
  return {noon, 60s, &taxonomy, 0.0};
}

failure_reason network() {
  return reason::agent_provider_network;
}

/// A task in this state, as its own history would have left it: `queued` with
/// an attempt is a retry that waits.
/// It was started by a job system, unless it was `claimed`.
task_snapshot in_state(st status, settled_by by = by_runner,
                       std::uint32_t attempt = 1, bool claimed = false) {
  task_snapshot found;
  auto& task = found.task;
  task.id = task_id{make_uuid_v7()};
  task.kind = "review";
  task.status = status;
  task.attempt = attempt;
  task.max_attempts = 2;
  task.version = 5;
  task.created_at = noon - 1h;
  if (attempt == 0)
    return found;
  task.started_at = noon - 10min;
  task.runner = {"r1"};
  task.claimed = claimed;
  task.failure_told = is_failure(status);
  attempt_record row;
  row.task = task.id;
  row.number = attempt;
  row.claimed = claimed;
  row.runner = task.runner;
  row.started_at = noon - 10min;
  if (is_active(status)) {
    task.lease_expires_at = noon + 5s;
    row.status = st::running;
  } else {
    const bool failed = is_failure(status) || status == st::queued;
    row.status = status == st::queued ? st::failed : status;
    row.ended_at = noon - 1min;
    row.settled_by = by;
    task.settled_by = by;
    task.error_detail = clean("old words");
    if (failed)
      task.failure_reason = network();
    if (status != st::queued) {
      task.completed_at = row.ended_at;
      task.outcome = outcome_of(task);
    } else {
      task.run_after = noon + 5s;
    }
    row.failure_reason = task.failure_reason;
    row.error_detail = task.error_detail;
  }
  found.attempt = row;
  return found;
}

apply_status saying(st status, std::string detail = {}) {
  apply_status report;
  report.status = status;
  report.detail = clean(std::move(detail));
  if (is_failure(status))
    report.failure_reason = status == st::timed_out
                                ? reason::timeout
                                : reason::agent_process_failure;
  return report;
}

/// What must hold of every row that is written, whatever led to it.
void check_shape(const transition& x) {
  const auto& task = x.task;
  CAF_CHECK_EQUAL(is_active(task.status), task.lease_expires_at.has_value());
  CAF_CHECK_EQUAL(is_terminal(task.status), task.outcome.has_value());
  CAF_CHECK_EQUAL(is_terminal(task.status), task.completed_at.has_value());
  CAF_CHECK(!is_failure(task.status) || task.failure_reason);
  CAF_CHECK(!x.event || x.event->error.empty() || x.event->origin);
  if (x.attempt)
    CAF_CHECK_EQUAL(x.attempt->number, task.attempt);
  if (x.attempt && is_failure(x.attempt->status))
    CAF_CHECK(x.attempt->failure_reason.has_value());
}

constexpr auto no_event = event_type::delivery_dead;

struct row {
  st from;
  settled_by by;
  std::uint32_t attempt; ///< 0: none yet
  st says;
  ec result;
  st to;
  std::uint32_t then; ///< attempt afterwards
  event_type told;
};

} // namespace

CAF_TEST(every report in every state leads where the table says) {
  using et = event_type;
  constexpr auto ok = ec::none;
  constexpr auto over = ec::terminal_state;
  const std::vector<row> rows{
      // Waiting for its first attempt.
      {st::queued, by_runner, 0, st::running, ok, st::running, 1,
       et::task_started},
      {st::queued, by_runner, 0, st::posting_result, ok, st::posting_result, 1,
       et::task_started},
      {st::queued, by_runner, 0, st::succeeded, ok, st::succeeded, 1,
       et::task_succeeded},
      {st::queued, by_runner, 0, st::failed, ok, st::failed, 1,
       et::task_failed},
      {st::queued, by_runner, 0, st::timed_out, ok, st::timed_out, 1,
       et::task_failed},
      {st::queued, by_runner, 0, st::cancelled, ok, st::cancelled, 0,
       et::task_cancelled},
      // Waiting for a retry.
      {st::queued, by_runner, 1, st::running, ok, st::running, 2,
       et::task_started},
      {st::queued, by_runner, 1, st::failed, ok, st::queued, 1, no_event},
      {st::queued, by_runner, 1, st::succeeded, ok, st::succeeded, 2,
       et::task_succeeded},
      {st::queued, by_reaper, 1, st::succeeded, ok, st::succeeded, 1,
       et::task_succeeded},
      {st::queued, by_reaper, 1, st::failed, ok, st::failed, 1,
       et::task_failed},
      {st::queued, by_runner, 1, st::cancelled, ok, st::cancelled, 1,
       et::task_cancelled},
      // Under way.
      {st::running, by_runner, 1, st::running, ok, st::running, 1, no_event},
      {st::running, by_runner, 1, st::posting_result, ok, st::posting_result, 1,
       no_event},
      {st::running, by_runner, 1, st::succeeded, ok, st::succeeded, 1,
       et::task_succeeded},
      {st::running, by_runner, 1, st::failed, ok, st::failed, 1,
       et::task_failed},
      {st::running, by_runner, 1, st::timed_out, ok, st::timed_out, 1,
       et::task_failed},
      {st::running, by_runner, 1, st::cancelled, ok, st::cancelled, 1,
       et::task_cancelled},
      {st::posting_result, by_runner, 1, st::running, ok, st::running, 1,
       no_event},
      {st::posting_result, by_runner, 1, st::posting_result, ok,
       st::posting_result, 1, no_event},
      {st::posting_result, by_runner, 1, st::succeeded, ok, st::succeeded, 1,
       et::task_succeeded},
      {st::posting_result, by_runner, 1, st::failed, ok, st::failed, 1,
       et::task_failed},
      // Over.
      {st::succeeded, by_runner, 1, st::succeeded, ok, st::succeeded, 1,
       no_event},
      {st::succeeded, by_runner, 1, st::running, over, st::succeeded, 1,
       no_event},
      {st::succeeded, by_runner, 1, st::failed, over, st::succeeded, 1,
       no_event},
      {st::cancelled, by_runner, 1, st::cancelled, ok, st::cancelled, 1,
       no_event},
      {st::cancelled, by_runner, 1, st::succeeded, over, st::cancelled, 1,
       no_event},
      {st::failed, by_runner, 1, st::failed, ok, st::failed, 1, no_event},
      {st::failed, by_runner, 1, st::timed_out, over, st::failed, 1, no_event},
      {st::failed, by_runner, 1, st::succeeded, over, st::failed, 1, no_event},
      {st::failed, by_runner, 1, st::cancelled, over, st::failed, 1, no_event},
      {st::failed, by_runner, 1, st::posting_result, over, st::failed, 1,
       no_event},
      {st::failed, by_runner, 1, st::running, ok, st::running, 2,
       et::task_started},
      {st::failed, by_reaper, 1, st::succeeded, ok, st::succeeded, 1,
       et::task_recovered},
      {st::timed_out, by_reaper, 1, st::succeeded, ok, st::succeeded, 1,
       et::task_recovered},
      {st::timed_out, by_reaper, 1, st::running, ok, st::running, 2,
       et::task_started},
      {st::failed, by_reaper, 1, st::failed, ok, st::failed, 1,
       et::task_amended},
      {st::failed, by_reaper, 1, st::timed_out, ok, st::timed_out, 1,
       et::task_amended},
      {st::timed_out, by_reaper, 1, st::failed, ok, st::failed, 1,
       et::task_amended},
  };
  for (const auto& r : rows) {
    const auto x = decide_report(in_state(r.from, r.by, r.attempt),
                                 saying(r.says), context());
    CAF_MESSAGE(to_string(r.from) << " and " << to_string(r.says));
    CAF_CHECK_EQUAL(x.result, r.result);
    CAF_CHECK_EQUAL(x.task.status, r.to);
    CAF_CHECK_EQUAL(x.task.attempt, r.then);
    CAF_CHECK_EQUAL(x.event.has_value(), r.told != no_event);
    if (x.event)
      CAF_CHECK(x.event->type == r.told);
    CAF_CHECK_EQUAL(x.late.has_value(), r.result == over);
    CAF_CHECK(!(x.late && x.writes_task));
    check_shape(x);
  }
}

CAF_TEST(an attempt that is not the current one changes nothing) {
  struct fence {
    st from;
    st says;
    std::uint32_t attempt;
    ec result;
  };
  // All tasks are at attempt 2.
  const std::vector<fence> fences{
      {st::running, st::succeeded, 1, ec::stale_attempt},
      {st::succeeded, st::succeeded, 1, ec::stale_attempt},
      {st::queued, st::failed, 1, ec::stale_attempt},
      {st::running, st::succeeded, 2, ec::none},
      {st::running, st::succeeded, 3, ec::invalid_field},
      {st::succeeded, st::running, 3, ec::invalid_field},
      {st::queued, st::running, 3, ec::none},
      {st::queued, st::running, 4, ec::invalid_field},
      {st::failed, st::running, 3, ec::none},
      {st::failed, st::succeeded, 3, ec::invalid_field},
  };
  for (const auto& f : fences) {
    auto report = saying(f.says);
    report.attempt = f.attempt;
    auto found = in_state(f.from, by_runner, 2);
    found.attempt->number = f.attempt;
    if (f.attempt > 2)
      found.attempt.reset();
    const auto x = decide_report(found, report, context());
    CAF_CHECK_EQUAL(x.result, f.result);
    CAF_CHECK_EQUAL(x.late.has_value(), f.result == ec::stale_attempt);
    if (x.late)
      CAF_CHECK_EQUAL(x.late->number, 1u);
    if (f.result != ec::none)
      CAF_CHECK(!x.writes_task);
  }
}

CAF_TEST(a queued task takes a first attempt that is named) {
  auto report = saying(st::failed, "boom");
  report.attempt = 1;
  const auto x =
      decide_report(in_state(st::queued, by_runner, 0), report, context());
  CAF_CHECK_EQUAL(x.result, ec::none);
  CAF_CHECK_EQUAL(x.task.attempt, 1u);
  CAF_CHECK_EQUAL(x.attempt->error_detail.view(), "boom");
}

CAF_TEST(a running report clears even the detail it carries) {
  auto found = in_state(st::posting_result);
  found.task.error_detail = clean("words");
  const auto x = decide_report(found, saying(st::running, "more"), context());
  CAF_CHECK(x.task.error_detail.empty());
  const auto y = decide_report(in_state(st::queued, by_runner, 0),
                               saying(st::running, "more"), context());
  CAF_CHECK(y.task.error_detail.empty());
  CAF_CHECK(x.task.lease_expires_at == noon + 60s);
}

CAF_TEST(a repeated ending stores its news and nothing else) {
  const auto silent =
      decide_report(in_state(st::failed), saying(st::failed), context());
  CAF_CHECK(!silent.writes_task);
  CAF_CHECK(silent.effect == report_effect::repeated);
  const auto news = decide_report(in_state(st::failed),
                                  saying(st::failed, "new words"), context());
  CAF_CHECK(news.writes_task);
  CAF_CHECK(!news.event);
  CAF_CHECK_EQUAL(news.task.error_detail.view(), "new words");
  CAF_CHECK_EQUAL(news.attempt->error_detail.view(), "new words");
  CAF_CHECK(news.task.failure_reason == network());
  auto posted = saying(st::succeeded);
  posted.posted = 2;
  auto found = in_state(st::succeeded);
  found.task.error_detail = {};
  found.task.outcome = outcome_of(found.task);
  CAF_CHECK(found.task.outcome == task_outcome::unverified);
  CAF_CHECK(decide_report(found, posted, context()).task.outcome
            == task_outcome::delivered);
}

CAF_TEST(a failure without a reason gets one) {
  auto report = saying(st::failed);
  report.failure_reason.reset();
  const auto x = decide_report(in_state(st::running), report, context());
  CAF_CHECK(x.task.failure_reason == failure_reason{reason::agent_unknown});
}

CAF_TEST(a retry that is decided tells how the attempt ended) {
  auto report = saying(st::failed, "reset");
  report.failure_reason = network();
  const auto x = decide_report(in_state(st::running, by_runner, 1, true),
                               report, context());
  CAF_CHECK_EQUAL(x.task.status, st::queued);
  CAF_CHECK(x.task.run_after > noon);
  CAF_CHECK(x.task.failure_reason == network());
  CAF_CHECK_EQUAL(x.task.error_detail.view(), "reset");
  CAF_CHECK_EQUAL(x.attempt->status, st::failed);
  CAF_CHECK_EQUAL(x.event->status, st::failed);
  CAF_CHECK(x.event->will_retry);
  CAF_CHECK(x.event->retry_at == x.task.run_after);
  CAF_CHECK(!x.event->outcome);
  check_shape(x);
  CAF_CHECK(!x.task.failure_told);
  report.attempt = 3;
  const auto last = decide_report(in_state(st::running, by_runner, 3, true),
                                  report, context());
  CAF_CHECK(last.task.failure_told);
  CAF_CHECK_EQUAL(last.task.status, st::failed);
  CAF_CHECK(!last.event->will_retry);
  CAF_CHECK(last.event->outcome == task_outcome::failed);
}

CAF_TEST(a sweep leaves its evidence and never a runner without his words) {
  sweep_tasks sweep;
  sweep.kind = sweep_kind::lease;
  sweep.threshold = 30s;
  sweep.failure_reason = reason::timeout;
  sweep.sentinel = redacted_text::from_platform("task timed out");
  sweep.status = st::timed_out;
  auto found = in_state(st::running);
  found.task.max_attempts = 1;
  const auto x = decide_sweep(found, sweep, {noon - 1min}, context());
  CAF_CHECK_EQUAL(x.task.status, st::timed_out);
  CAF_CHECK_EQUAL(x.event->error.view(), "task timed out");
  CAF_CHECK(x.event->origin == detail_origin::platform);
  CAF_CHECK_EQUAL(x.attempt->evidence,
                  R"({"sweep":"lease","threshold_seconds":30.000,)"
                  R"("last_sign_of_life":"2026-06-23T11:59:00.000000Z",)"
                  R"("lease_expires_at":"2026-06-23T12:00:05.000000Z",)"
                  R"("looked_at":"2026-06-23T12:00:00.000000Z",)"
                  R"("failure_reason":"timeout",)"
                  R"("error_detail":"task timed out"})");
  CAF_CHECK(x.attempt->origin == detail_origin::platform);
  check_shape(x);
  found.task.status = st::posting_result;
  found.task.error_detail = clean("the runner's words");
  const auto y = decide_sweep(found, sweep, {}, context());
  CAF_CHECK_EQUAL(y.task.error_detail.view(), "the runner's words");
  CAF_CHECK(y.event->origin == detail_origin::runner);
  CAF_CHECK_EQUAL(
      decide_sweep(in_state(st::succeeded), sweep, {}, context()).result,
      ec::terminal_state);
  CAF_CHECK_EQUAL(
      decide_sweep(in_state(st::queued), sweep, {}, context()).result,
      ec::terminal_state);
}

CAF_TEST(a call in doubt that is repeated never hits the next attempt) {
  // Counted to attempt 1, which has failed and was followed by attempt 2.
  auto found = in_state(st::running, by_runner, 2);
  found.attempt = in_state(st::failed).attempt;
  const auto x = decide_report(found, saying(st::failed), context(), {1});
  CAF_CHECK_EQUAL(x.result, ec::none);
  CAF_CHECK(x.effect == report_effect::repeated);
  CAF_CHECK(!x.writes_task);
  // The sweep was faster: then the report never was written.
  found.attempt->settled_by = by_reaper;
  CAF_CHECK_EQUAL(
      decide_report(found, saying(st::failed), context(), {1}).result,
      ec::stale_attempt);
  // A running report whose attempt is over has had its effect.
  const auto y =
      decide_report(in_state(st::failed), saying(st::running), context(), {1});
  CAF_CHECK(!y.writes_task);
}
