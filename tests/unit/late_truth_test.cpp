// libs: telltale_persistence
#define CAF_SUITE unit.late_truth

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/stored_text.hpp"

#include "tests/support/checks.hpp"

// For which attempt a report speaks, and what a runner's word is worth after
// the reaper gave its attempt up.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;
using et = event_type;

const timestamp noon{1'800'000'000s};
const config::retry_config taxonomy;

redacted_text clean(std::string text) {
  return stored_text::from_store(std::move(text));
}

decision_context context() {
  return {noon, 60s, &taxonomy, 0.0, attempt_id{make_uuid_v7()}};
}

apply_status saying(st status, std::string detail = {}) {
  apply_status report;
  report.status = status;
  report.detail = clean(std::move(detail));
  report.telling_line = report.detail;
  if (is_failure(status))
    report.failure_reason = reason::agent_provider_quota_limit;
  return report;
}

task_snapshot after(const transition& done,
                    std::optional<attempt_record> before = {}) {
  task_snapshot found{done.task, done.attempt ? done.attempt : before};
  ++found.task.version;
  return found;
}

/// A task that a runner has claimed `attempts` times.
task_snapshot claimed(std::uint32_t attempts = 1) {
  task_snapshot found;
  found.task.id = task_id{make_uuid_v7()};
  found.task.max_attempts = 2;
  for (std::uint32_t i = 0; i < attempts; ++i) {
    found.task.status = st::queued;
    found = after(decide_claim(std::move(found), {"r1"}, context()));
  }
  return found;
}

/// A task that a job system's own report has begun.
task_snapshot begun() {
  task_snapshot found;
  found.task.id = task_id{make_uuid_v7()};
  found.task.max_attempts = 2;
  return after(decide_report(std::move(found), saying(st::running), context()));
}

sweep_tasks lost() {
  sweep_tasks sweep;
  sweep.kind = sweep_kind::runner_offline;
  sweep.threshold = 150s;
  sweep.failure_reason = reason::runtime_offline;
  sweep.sentinel = redacted_text::from_platform("runtime went offline");
  return sweep;
}

task_snapshot swept(task_snapshot found) {
  return after(decide_sweep(std::move(found), lost(), {}, context()));
}

} // namespace

CAF_TEST(a report without a number speaks for the first of claimed attempts) {
  const auto second = claimed(2);
  for (const auto status : {st::running, st::posting_result, st::succeeded,
                            st::failed, st::timed_out, st::cancelled}) {
    const auto x = decide_report(second, saying(status), context());
    CAF_CHECK_EQUAL(x.result, ec::stale_attempt);
    CAF_CHECK(!x.writes_task);
    CAF_REQUIRE(x.late);
    CAF_CHECK_EQUAL(x.late->number, 1u);
    auto named = saying(status);
    named.attempt = 2;
    CAF_CHECK_EQUAL(decide_report(second, named, context()).result, ec::none);
  }
  CAF_CHECK_EQUAL(
      decide_report(claimed(1), saying(st::succeeded), context()).result,
      ec::none);
}

CAF_TEST(a job system that knows no attempts speaks for the current one) {
  auto first = begun();
  first = after(decide_report(first, saying(st::failed, "boom"), context()));
  CAF_CHECK_EQUAL(first.task.status, st::failed);
  const auto again =
      after(decide_report(first, saying(st::running), context()));
  CAF_CHECK_EQUAL(again.task.attempt, 2u);
  CAF_CHECK(again.task.current_attempt != attempt_id{again.task.id.value});
  CAF_CHECK(again.attempt->id == again.task.current_attempt);
  CAF_CHECK(!again.attempt->claimed);
  const auto done = decide_report(again, saying(st::succeeded), context());
  CAF_CHECK_EQUAL(done.result, ec::none);
  CAF_CHECK_EQUAL(done.task.attempt, 2u);
}

CAF_TEST(an attempt that is over is not begun again by who means it) {
  auto named = saying(st::running);
  named.attempt = 1;
  const auto failed =
      after(decide_report(claimed(), saying(st::failed), context()));
  CAF_CHECK_EQUAL(failed.task.status, st::failed);
  const auto cancelled = after(decide_cancel(claimed(), context()));
  const auto waiting = swept(claimed());
  CAF_CHECK_EQUAL(waiting.task.status, st::queued);
  for (const auto* found : {&failed, &cancelled, &waiting}) {
    const auto x = decide_report(*found, named, context());
    CAF_CHECK_EQUAL(x.result, ec::terminal_state);
    CAF_CHECK(!x.writes_task);
    CAF_CHECK(x.late.has_value());
  }
  CAF_MESSAGE("of a claimed attempt that waits for its retry, no number means "
              "that attempt, too");
  CAF_CHECK_EQUAL(decide_report(waiting, saying(st::running), context()).result,
                  ec::terminal_state);
  CAF_MESSAGE("a job that was started again is a new attempt");
  const auto x = decide_report(failed, saying(st::running), context());
  CAF_CHECK_EQUAL(x.result, ec::none);
  CAF_CHECK_EQUAL(x.task.attempt, 2u);
}

CAF_TEST(what nobody claims is final unless its request asked for more) {
  struct row {
    bool asks;
    std::uint32_t max_attempts;
    bool kind_is_claimed;
    bool was_claimed;
    bool retried;
  };
  const std::vector<row> rows{
      {false, 2, true, false, false}, {true, 2, false, false, false},
      {true, 1, true, false, false},  {true, 2, true, false, true},
      {false, 2, false, true, true},
  };
  for (const auto& r : rows) {
    auto found = r.was_claimed ? claimed() : begun();
    found.task.asks_attempts = r.asks;
    found.task.max_attempts = r.max_attempts;
    found.kind_is_claimed = r.kind_is_claimed;
    const auto by_sweep = decide_sweep(found, lost(), {}, context());
    auto report = saying(st::failed);
    report.failure_reason = reason::agent_provider_network;
    const auto by_report = decide_report(found, report, context());
    for (const auto* x : {&by_sweep, &by_report}) {
      CAF_CHECK_EQUAL(x->event->will_retry, r.retried);
      CAF_CHECK_EQUAL(x->task.status == st::queued, r.retried);
    }
  }
}

CAF_TEST(
    the reason that a runner gives itself ends a retry that it does not allow) {
  const auto found = swept(claimed());
  CAF_CHECK(found.task.awaits_runner);
  const auto x = decide_report(
      found, saying(st::failed, "402 credit balance too low"), context());
  CAF_CHECK(x.effect == report_effect::amended);
  CAF_CHECK_EQUAL(x.task.status, st::failed);
  CAF_CHECK(x.task.failure_reason
            == failure_reason{reason::agent_provider_quota_limit});
  CAF_CHECK_EQUAL(x.task.error_detail.view(), "402 credit balance too low");
  CAF_CHECK(x.attempt->failure_reason == x.task.failure_reason);
  CAF_CHECK_EQUAL(x.attempt->error_detail.view(), "402 credit balance too low");
  CAF_CHECK(x.attempt->settled_by == settled_by::runner);
  CAF_CHECK(x.attempt->evidence.find(R"("failure_reason":"runtime_offline")")
            != std::string::npos);
  CAF_CHECK(x.attempt->evidence.find(R"("error_detail":"runtime went offline")")
            != std::string::npos);
  CAF_REQUIRE(x.event);
  CAF_CHECK(x.event->type == et::task_failed);
  CAF_CHECK(!x.event->will_retry);
  CAF_CHECK(x.event->origin == detail_origin::runner);
  CAF_MESSAGE("once");
  const auto again = decide_report(
      after(x), saying(st::failed, "402 credit balance too low"), context());
  CAF_CHECK(again.effect == report_effect::repeated);
  CAF_CHECK(!again.event);
  CAF_CHECK(!again.writes_task);
}

CAF_TEST(a retry that the reason of the runner allows follows its policy) {
  auto report = saying(st::failed, "connection reset");
  report.failure_reason = reason::agent_provider_network;
  const auto x = decide_report(swept(claimed()), report, context());
  CAF_CHECK_EQUAL(x.task.status, st::queued);
  CAF_CHECK(!x.task.awaits_runner);
  CAF_CHECK(x.task.run_after > noon);
  CAF_CHECK(x.task.failure_reason
            == failure_reason{reason::agent_provider_network});
  CAF_REQUIRE(x.event);
  CAF_CHECK(x.event->type == et::task_amended);
  CAF_CHECK(x.event->will_retry);
  CAF_CHECK_EQUAL(x.event->status, st::failed);
  CAF_CHECK(x.event->retry_at == x.task.run_after);
}

CAF_TEST(a guess that was told is amended once and by another reason alone) {
  auto found = claimed();
  found.task.max_attempts = 1;
  found = swept(std::move(found));
  CAF_CHECK_EQUAL(found.task.status, st::failed);
  const auto ended = found.task.completed_at;
  const auto x =
      decide_report(found, saying(st::failed, "no money"), context());
  CAF_CHECK_EQUAL(x.task.status, st::failed);
  CAF_CHECK(x.task.completed_at == ended);
  CAF_REQUIRE(x.event);
  CAF_CHECK(x.event->type == et::task_amended);
  CAF_CHECK(!x.event->will_retry);
  CAF_CHECK_EQUAL(x.event->error.view(), "no money");
  CAF_CHECK(!decide_report(after(x), saying(st::failed), context()).event);
  auto same = saying(st::failed, "the cable was pulled");
  same.failure_reason = reason::runtime_offline;
  const auto y = decide_report(found, same, context());
  CAF_CHECK(!y.event);
  CAF_CHECK_EQUAL(y.task.error_detail.view(), "the cable was pulled");
  CAF_CHECK(y.attempt->settled_by == settled_by::runner);
}

CAF_TEST(a truth without words takes the words of the platform away) {
  auto found = claimed();
  found.task.max_attempts = 1;
  found = swept(std::move(found));
  CAF_CHECK_EQUAL(found.task.error_detail.view(), "runtime went offline");
  const auto x = decide_report(found, saying(st::failed), context());
  CAF_CHECK(x.task.error_detail.empty());
  CAF_CHECK(!x.event->origin);
  CAF_MESSAGE("but not the runner's own of before");
  auto spoken = claimed();
  spoken.task.max_attempts = 1;
  spoken.task.status = st::posting_result;
  spoken.task.error_detail = clean("posting 3 of 5");
  spoken.task.telling_line = spoken.task.error_detail;
  const auto y =
      decide_report(swept(std::move(spoken)), saying(st::failed), context());
  CAF_CHECK_EQUAL(y.task.error_detail.view(), "posting 3 of 5");
  CAF_CHECK_EQUAL(y.task.telling_line.view(), "posting 3 of 5");
}

CAF_TEST(
    a retry by a person outlives what the runner says of the attempt before) {
  auto found = claimed();
  found.task.max_attempts = 1;
  const auto given_up = swept(std::move(found));
  found = after(decide_retry(given_up, context()), given_up.attempt);
  const auto x =
      decide_report(found, saying(st::failed, "no money"), context());
  CAF_CHECK_EQUAL(x.task.status, st::queued);
  CAF_CHECK(x.task.run_after == found.task.run_after);
  CAF_CHECK(x.event->will_retry);
}

CAF_TEST(a success is a recovery if a failure was told before) {
  auto found = claimed();
  auto report = saying(st::failed);
  found = after(decide_report(found, report, context()));
  CAF_CHECK(found.task.failure_told);
  found = after(decide_retry(std::move(found), context()));
  found = after(decide_claim(std::move(found), {"r2"}, context()));
  auto success = saying(st::succeeded);
  success.attempt = 2;
  const auto x = decide_report(found, success, context());
  CAF_CHECK(x.event->type == et::task_recovered);
  CAF_CHECK(!x.task.failure_told);
  CAF_MESSAGE("a retry that nobody was told of recovers nothing");
  const auto y =
      decide_report(swept(claimed()), saying(st::succeeded), context());
  CAF_CHECK(y.effect == report_effect::recovered);
  CAF_CHECK(y.event->type == et::task_succeeded);
}

CAF_TEST(an attempt is shown to its runner as it ended) {
  const auto second = claimed(2);
  std::vector<attempt_record> attempts(2);
  attempts[0].number = 1;
  attempts[0].ended_at = noon;
  attempts[0].status = st::timed_out;
  attempts[1] = *second.attempt;
  CAF_CHECK_EQUAL(status_seen_by(second.task, attempts, 1), st::failed);
  CAF_CHECK_EQUAL(status_seen_by(second.task, attempts, 2), st::running);
  CAF_CHECK_EQUAL(status_seen_by(second.task, attempts, 0), st::running);
  const auto waiting = swept(claimed());
  CAF_CHECK_EQUAL(status_seen_by(waiting.task, {*waiting.attempt}, 1),
                  st::failed);
  CAF_CHECK_EQUAL(status_seen_by(waiting.task, {*waiting.attempt}, 0),
                  st::queued);
}

CAF_TEST(a lease that is over ends by whether its runner was heard since) {
  auto sweep = lost();
  sweep.kind = sweep_kind::lease;
  sweep.failure_reason = reason::timeout;
  sweep.status = st::timed_out;
  sweep.unheard = {reason::runtime_offline,
                   redacted_text::from_platform("runtime went offline"),
                   st::failed};
  auto found = claimed();
  found.task.max_attempts = 1;
  const auto lease = *found.task.lease_expires_at;
  const auto heard = decide_sweep(found, sweep, {lease + 1s}, context());
  CAF_CHECK_EQUAL(heard.task.status, st::timed_out);
  CAF_CHECK(heard.task.failure_reason == failure_reason{reason::timeout});
  for (const auto& sign : {std::optional<timestamp>{}, std::optional{lease}}) {
    const auto x = decide_sweep(found, sweep, {sign}, context());
    CAF_CHECK_EQUAL(x.task.status, st::failed);
    CAF_CHECK(x.task.failure_reason == failure_reason{reason::runtime_offline});
  }
}

CAF_TEST(a retry that nobody took fails for the reason of its attempt) {
  auto report = saying(st::failed, "reset");
  report.failure_reason = reason::agent_provider_network;
  const auto waiting = after(decide_report(claimed(), report, context()));
  CAF_REQUIRE_EQUAL(waiting.task.status, st::queued);
  auto sweep = lost();
  sweep.kind = sweep_kind::retry_not_taken;
  sweep.failure_reason = reason::queued_expired;
  sweep.sentinel = redacted_text::from_platform("retry was not picked up");
  const auto x = decide_sweep(waiting, sweep, {}, context());
  CAF_CHECK_EQUAL(x.task.status, st::failed);
  CAF_CHECK(x.task.failure_reason
            == failure_reason{reason::agent_provider_network});
  CAF_CHECK_EQUAL(x.task.error_detail.view(), "retry was not picked up");
  CAF_CHECK_EQUAL(x.attempt->error_detail.view(), "reset");
  CAF_CHECK(!x.event->will_retry);
  CAF_CHECK(x.event->origin == detail_origin::platform);
}
