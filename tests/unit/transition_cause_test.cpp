// libs: telltale_persistence
#define CAF_SUITE unit.transition_cause

#include <string>
#include <string_view>
#include <utility>

#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/stored_text.hpp"
#include "messages/fingerprint.hpp"

#include "tests/support/checks.hpp"

// The telling line and the cause of a task and of its attempts, whoever ends
// them.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

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

task_snapshot after(const transition& done) {
  task_snapshot found{done.task, done.attempt};
  ++found.task.version;
  return found;
}

/// A task that a runner has claimed.
task_snapshot claimed() {
  task_snapshot found;
  found.task.id = task_id{make_uuid_v7()};
  found.task.max_attempts = 2;
  return after(decide_claim(std::move(found), {"r1"}, context()));
}

std::string cause(const char* reason, std::string_view line) {
  return fingerprint(reason, line);
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

CAF_TEST(the cause of an amended task is that of the words of its runner) {
  auto found = claimed();
  found.task.max_attempts = 1;
  found = swept(std::move(found));
  const auto guessed = cause("runtime_offline", "runtime went offline");
  CAF_CHECK_EQUAL(found.task.cause, guessed);
  CAF_CHECK_EQUAL(found.task.telling_line.view(), "runtime went offline");
  CAF_CHECK_EQUAL(found.attempt->cause, guessed);
  auto report = saying(st::failed, "> pay\n402 no money\nbye");
  report.telling_line = clean("402 no money");
  const auto x = decide_report(found, report, context());
  const auto real = cause("agent_error.provider_quota_limit", "402 no money");
  CAF_CHECK(real != guessed);
  CAF_CHECK_EQUAL(x.task.cause, real);
  CAF_CHECK_EQUAL(x.task.telling_line.view(), "402 no money");
  CAF_CHECK_EQUAL(x.attempt->cause, real);
  CAF_CHECK_EQUAL(x.attempt->telling_line.view(), "402 no money");
  CAF_REQUIRE(x.event);
  CAF_CHECK_EQUAL(x.event->cause, real);
  CAF_CHECK_EQUAL(x.event->telling_line.view(), "402 no money");
  CAF_MESSAGE("without words of its own it is that of the reason alone");
  const auto y = decide_report(found, saying(st::failed), context());
  CAF_CHECK_EQUAL(y.task.cause, cause("agent_error.provider_quota_limit", ""));
  CAF_CHECK(y.task.telling_line.empty());
  CAF_CHECK_EQUAL(y.attempt->cause, y.task.cause);
  CAF_MESSAGE("and so it is while a retry waits");
  const auto z = decide_report(swept(claimed()), report, context());
  CAF_CHECK_EQUAL(z.task.cause, real);
  CAF_CHECK_EQUAL(z.attempt->cause, real);
  CAF_CHECK_EQUAL(z.event->cause, real);
}

CAF_TEST(a task that recovers has no cause and its attempt keeps its own) {
  const auto found = swept(claimed());
  const auto x = decide_report(found, saying(st::succeeded), context());
  CAF_CHECK(x.task.cause.empty());
  CAF_CHECK(x.task.telling_line.empty());
  CAF_CHECK_EQUAL(x.attempt->cause,
                  cause("runtime_offline", "runtime went offline"));
  CAF_CHECK_EQUAL(x.attempt->telling_line.view(), "runtime went offline");
}

CAF_TEST(a retry that nobody took has a cause of its own) {
  auto report = saying(st::failed, "reset by job 7");
  report.failure_reason = reason::agent_provider_network;
  const auto waiting = after(decide_report(claimed(), report, context()));
  const auto first = cause("agent_error.provider_network", "reset by job 8");
  CAF_CHECK_EQUAL(waiting.task.cause, first);
  auto sweep = lost();
  sweep.kind = sweep_kind::retry_not_taken;
  sweep.sentinel = redacted_text::from_platform("retry was not picked up");
  const auto x = decide_sweep(waiting, sweep, {}, context());
  CAF_CHECK_EQUAL(x.task.cause, cause("agent_error.provider_network",
                                      "retry was not picked up"));
  CAF_CHECK_EQUAL(x.attempt->cause, first);
  CAF_MESSAGE("more words of its attempt are told with the reason of it");
  const auto more = saying(st::failed, "reset by the peer");
  const auto y = decide_report(after(x), more, context());
  CAF_CHECK_EQUAL(y.attempt->cause,
                  cause("agent_error.provider_network", "reset by the peer"));
  CAF_MESSAGE("a new attempt begins without one");
  const auto again = decide_claim(waiting, {"r2"}, context());
  CAF_CHECK(again.task.cause.empty());
  CAF_CHECK(again.task.telling_line.empty());
}

CAF_TEST(what the platform ends by itself has the cause of its sentence) {
  const auto found = claimed();
  const auto x =
      decide_return(found, {found.task.id, 1, found.task.version}, context());
  CAF_REQUIRE(x.attempt);
  CAF_CHECK_EQUAL(x.attempt->cause,
                  cause("runtime_offline", "runtime went offline"));
  CAF_CHECK_EQUAL(x.event->cause, x.attempt->cause);
  const auto y = decide_dispatch(found, context());
  CAF_REQUIRE(y.attempt);
  CAF_CHECK_EQUAL(y.event->telling_line.view(),
                  "daemon restarted while task was in flight");
  CAF_CHECK_EQUAL(
      y.attempt->cause,
      cause("runtime_recovery", "daemon restarted while task was in flight"));
}

CAF_TEST(what a run hands over to be posted is no failure of it) {
  auto found = claimed();
  found.task.error_detail = clean("posting 3 of 5");
  found.task.telling_line = found.task.error_detail;
  apply_status report;
  report.kind = report_kind::produced;
  report.produced = {"summary", 1};
  report.detail = clean("fatal: said in a review");
  const auto x = decide_report(found, report, context());
  CAF_REQUIRE(x.event);
  CAF_CHECK(x.event->telling_line.empty());
  CAF_CHECK(x.event->cause.empty());
  CAF_CHECK_EQUAL(x.task.telling_line.view(), "posting 3 of 5");
}
