// libs: telltale_persistence
#define CAF_SUITE unit.transition_doubt

#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/stored_text.hpp"

#include "tests/support/checks.hpp"

// A report whose write nobody answered is decided again on what is there.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

const config::retry_config taxonomy;
const timestamp noon{1'700'000'000s};

decision_context context() {
  return {noon, 60s, &taxonomy, 0.0};
}

apply_status saying(st status, std::string detail) {
  apply_status report;
  report.status = status;
  report.detail = stored_text::from_store(std::move(detail));
  if (is_failure(status))
    report.failure_reason = failure_reason{reason::iteration_limit};
  return report;
}

task_snapshot queued() {
  task_snapshot found;
  found.task.id = task_id{make_uuid_v7()};
  found.task.max_attempts = 2;
  return found;
}

task_snapshot after(const transition& done) {
  return {done.task, done.attempt};
}

} // namespace

CAF_TEST(news of an ending that a lost write may not have stored are stored) {
  auto failed = decide_report(queued(), saying(st::failed, "once"), context());
  CAF_REQUIRE_EQUAL(failed.task.status, st::failed);
  // The write that brought the news is lost, and was meant for attempt 1.
  const auto again = decide_report(
      after(failed), saying(st::failed, "with a better word"), context(), {1});
  CAF_CHECK(again.effect == report_effect::repeated);
  CAF_CHECK(again.writes_task);
  CAF_CHECK(!again.event);
  CAF_CHECK_EQUAL(again.task.error_detail.view(), "with a better word");
  CAF_REQUIRE(again.attempt);
  CAF_CHECK_EQUAL(again.attempt->error_detail.view(), "with a better word");
  // Had it taken place, there would be nothing to write.
  const auto known = decide_report(
      after(again), saying(st::failed, "with a better word"), context(), {1});
  CAF_CHECK(known.effect == report_effect::repeated);
  CAF_CHECK(!known.writes_task);
}

CAF_TEST(a first report keeps what it delivers just as a later one does) {
  auto report = saying(st::running, "warming up");
  report.posted = 2;
  report.intended_empty = false;
  report.result_url = stored_text::from_store("https://example.org/1");
  const auto begun = decide_report(queued(), report, context());
  const auto renewed = decide_report(after(begun), report, context(), {1});
  for (const auto* done : {&begun, &renewed}) {
    CAF_CHECK_EQUAL(done->task.posted.value_or(0), 2);
    CAF_CHECK(done->task.intended_empty == false);
    CAF_CHECK_EQUAL(done->task.result_url.view(), "https://example.org/1");
    CAF_CHECK(done->task.error_detail.empty());
  }
}
