// libs: telltale_persistence
#define CAF_SUITE unit.remark_transition

#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/stored_text.hpp"

#include <caf/test/dsl.hpp>

// What is said beside how an attempt goes, launches, and job systems.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

const timestamp noon{
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::June / 23}
    + 12h};
const config::retry_config taxonomy;

decision_context context() {
  return {noon, 60s, &taxonomy, 0.0};
}

redacted_text clean(std::string text) {
  return stored_text::from_store(std::move(text));
}

/// The second attempt is under way; `number` is the one whose row was read.
task_snapshot running(std::uint32_t number = 2, timestamp lease = noon + 50s) {
  task_snapshot found;
  found.task.id = task_id{make_uuid_v7()};
  found.task.status = st::running;
  found.task.attempt = 2;
  found.task.max_attempts = 3;
  found.task.claimed = true;
  found.task.runner = {"r"};
  found.task.lease_expires_at = lease;
  attempt_record attempt;
  attempt.task = found.task.id;
  attempt.number = number;
  attempt.claimed = true;
  attempt.runner = {"r"};
  if (number < 2) {
    attempt.status = st::failed;
    attempt.ended_at = noon - 1min;
  }
  found.attempt = attempt;
  return found;
}

apply_status saying(report_kind kind, std::optional<std::uint32_t> attempt) {
  apply_status report;
  report.kind = kind;
  report.attempt = attempt;
  return report;
}

transition decide(task_snapshot found, const apply_status& report) {
  return decide_report(std::move(found), report, context());
}

} // namespace

CAF_TEST(a remark is kept on its attempt and changes no state) {
  auto report = saying(report_kind::remark, 2);
  report.remarks.note = clean("half way");
  report.remarks.usage = {{"m", 10, 1, 0, 0, 0.5}};
  const auto first = decide(running(), report);
  CAF_REQUIRE(first.attempt && first.writes_task);
  CAF_CHECK(first.task.status == st::running);
  CAF_CHECK(first.attempt->remarks.note == clean("half way"));
  CAF_CHECK(!first.event);
  auto again = running();
  again.attempt = first.attempt;
  const auto second = decide(std::move(again), report);
  CAF_REQUIRE(second.attempt);
  CAF_CHECK(second.attempt->remarks.usage
            == (std::vector<model_usage>{{"m", 20, 2, 0, 0, 1.0}}));
}

CAF_TEST(a remark renews the lease of what is under way) {
  const auto report = saying(report_kind::remark, 2);
  CAF_CHECK(!decide(running(2, noon + 40s), report).writes_task);
  const auto renewed = decide(running(2, noon + 10s), report);
  CAF_CHECK(renewed.writes_task);
  CAF_CHECK(renewed.task.lease_expires_at == noon + 60s);
  // An older attempt's daemon keeps nobody else's alive.
  auto old = saying(report_kind::remark, 1);
  old.remarks.branch_name = clean("half");
  const auto late = decide(running(1, noon + 10s), old);
  CAF_REQUIRE(late.attempt);
  CAF_CHECK_EQUAL(late.attempt->number, 1u);
  CAF_CHECK(late.task.lease_expires_at == noon + 10s);
}

CAF_TEST(no more models are kept than there is room for) {
  auto report = saying(report_kind::remark, 2);
  for (int i = 0; i < 30; ++i)
    report.remarks.usage.push_back({"m" + std::to_string(i), 1, 0, 0, 0, 0});
  const auto kept = decide(running(), report).attempt->remarks.usage;
  CAF_REQUIRE_EQUAL(kept.size(), attempt_remarks::most_models);
  CAF_CHECK_EQUAL(kept.back().input_tokens, 11);
}

CAF_TEST(a launch is granted once an attempt) {
  auto report = saying(report_kind::launch, 2);
  report.status = st::running;
  const auto first = decide(running(), report);
  CAF_REQUIRE(first.result == ec::none && first.attempt);
  CAF_CHECK(first.attempt->remarks.launched);
  auto again = running();
  again.attempt = first.attempt;
  CAF_CHECK(decide(again, report).result == ec::already_started);
  // The same call once more, after its answer from the database was lost.
  CAF_CHECK(decide_report(again, report, context(), {2, 3}).result == ec::none);
  auto stale = report;
  stale.attempt = 1;
  CAF_CHECK(decide(running(1), stale).result == ec::stale_attempt);
}

CAF_TEST(what is handed over is counted into what was posted) {
  auto report = saying(report_kind::produced, std::nullopt);
  report.produced = {"inline", 1};
  report.detail = clean(R"({"body":"Leak."})");
  const auto one = decide(running(), report);
  CAF_REQUIRE(one.event);
  CAF_CHECK(one.event->type == event_type::task_produced);
  CAF_CHECK_EQUAL(one.event->part, "inline");
  CAF_CHECK(one.event->body == report.detail);
  CAF_CHECK(one.event->error.empty());
  CAF_CHECK_EQUAL(*one.task.posted, 1);
  auto next = running();
  next.task = one.task;
  CAF_CHECK_EQUAL(*decide(std::move(next), report).task.posted, 2);
  report.produced = {"finalize", 0};
  const auto nothing = decide(running(), report);
  CAF_CHECK_EQUAL(*nothing.task.posted, 0);
  report.attempt = 1;
  CAF_CHECK(decide(running(1), report).result == ec::stale_attempt);
  auto over = running();
  over.task.status = st::succeeded;
  report.attempt = 2;
  CAF_CHECK(decide(std::move(over), report).result == ec::terminal_state);
}

CAF_TEST(a doubted hand over is not counted twice) {
  auto report = saying(report_kind::produced, 2);
  report.produced = {"inline", 1};
  auto found = running();
  found.task.version = 8;
  found.task.posted = 1;
  const auto done = decide_report(found, report, context(), {2, 7});
  CAF_CHECK(done.effect == report_effect::repeated && !done.writes_task);
  const auto lost = decide_report(found, report, context(), {2, 8});
  CAF_CHECK_EQUAL(*lost.task.posted, 2);
}

CAF_TEST(a job system begins the next attempt) {
  auto under_way = decide_dispatch(running(), context());
  CAF_CHECK(under_way.task.status == st::queued);
  CAF_CHECK(under_way.task.dispatched);
  CAF_REQUIRE(under_way.attempt && under_way.event);
  CAF_CHECK_EQUAL(under_way.attempt->failure_reason->wire, "runtime_recovery");
  CAF_CHECK(under_way.attempt->ended_at == noon);
  CAF_CHECK(under_way.event->will_retry);
  // Asked again before the job has said a word: the same.
  task_snapshot again;
  again.task = under_way.task;
  const auto twice = decide_dispatch(std::move(again), context());
  CAF_CHECK_EQUAL(twice.task.attempt, 2u);
  CAF_CHECK(!twice.event && !twice.attempt);
  for (const auto over : {st::succeeded, st::cancelled}) {
    auto found = running();
    found.task.status = over;
    CAF_CHECK(decide_dispatch(std::move(found), context()).result
              == ec::terminal_state);
  }
}

CAF_TEST(a word of its own may be retried though its reason is not ) {
  const auto choose = [](std::string_view word, std::uint32_t attempt) {
    return choose_retry(taxonomy, reason::agent_timeout, attempt, 2, 0.0, word);
  };
  CAF_CHECK(!choose("", 1));
  CAF_CHECK(!choose("idle_watchdog", 1));
  CAF_REQUIRE(choose("codex_semantic_inactivity", 1));
  CAF_CHECK(choose("codex_semantic_inactivity", 1)->wait == 0s);
  CAF_CHECK(!choose("codex_semantic_inactivity", 2));
}
