// libs: telltale_task_worlds telltale_persistence
#define CAF_SUITE contract.task_runners

#include <vector>

#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// Runners of other systems, on every task store: those that register, those
// that a job system starts, and what they say beside how it goes.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

task_record wanting(const std::string& kind, const std::string& runner) {
  task_record wanted;
  wanted.id = task_id{make_uuid_v7()};
  wanted.kind = kind;
  wanted.max_attempts = 2;
  wanted.wanted_runner = {runner};
  return wanted;
}

std::vector<task_id> claimed(task_world& w, claim_tasks what) {
  const auto got = w.store().claim(what);
  CAF_REQUIRE(got);
  std::vector<task_id> ids;
  for (const auto& task : got->answer.tasks)
    ids.push_back(task.id);
  return ids;
}

using ids = std::vector<task_id>;

runtime_record runtime(const std::string& daemon, const std::string& provider) {
  return {{}, {"team"}, daemon, provider, "Name", "host", "1.2"};
}

apply_status remark(task_id task, std::uint32_t attempt) {
  apply_status report;
  report.task = task;
  report.attempt = attempt;
  report.kind = report_kind::remark;
  return report;
}

} // namespace

CAF_TEST(a task that wants a runner comes to it alone) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto plain = w.create();
    const auto mine = w.create(wanting("review", "r1"));
    const auto other = w.create(wanting("build", "r1"));
    CAF_CHECK(claimed(w, {{"r2"}, {}, 10}) == ids{plain.id});
    CAF_CHECK(claimed(w, {{"r2"}, {"build"}, 10}).empty());
    CAF_CHECK(claimed(w, {{"r1"}, {"review"}, 10}) == ids{mine.id});
    claim_tasks any{{"r1"}, {"review"}, 10};
    any.wanted_of_any_kind = true;
    CAF_CHECK(claimed(w, any) == ids{other.id});
    CAF_CHECK_EQUAL(w.find(other.id).task.wanted_runner.value, "r1");
  }));
}

CAF_TEST(what wants the runner comes first and counts) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto plain = w.create();
    const auto mine = w.create(wanting("review", "r1"));
    CAF_CHECK(claimed(w, {{"r1"}, {}, 1}) == ids{mine.id});
    const auto more = w.create(wanting("review", "r1"));
    CAF_CHECK(claimed(w, {{"r1"}, {}, 2}) == (ids{more.id, plain.id}));
  }));
}

CAF_TEST(a dispatched task can be claimed by nobody) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    auto wanted = wanting("review", "");
    wanted.dispatched = true;
    wanted.max_attempts = 3;
    wanted.asks_attempts = true;
    const auto task = w.create(wanted).id;
    CAF_CHECK(claimed(w, {{"r1"}, {}, 10}).empty());
    auto first = saying(task, st::running);
    first.attempt = 1;
    CAF_CHECK_EQUAL(w.report(first).result, ec::none);
    auto failed = saying(task, st::failed, "evicted");
    failed.attempt = 1;
    CAF_CHECK_EQUAL(w.report(failed).result, ec::none);
    CAF_MESSAGE("nobody would take its retry");
    CAF_CHECK_EQUAL(w.find(task).task.status, st::failed);
    const auto again = w.store().retry({task, true});
    CAF_REQUIRE(again);
    CAF_CHECK_EQUAL(again->answer.task.status, st::queued);
    CAF_CHECK(claimed(w, {{"r1"}, {}, 10}).empty());
    auto second = saying(task, st::running);
    second.attempt = 2;
    CAF_CHECK_EQUAL(w.report(second).result, ec::none);
    auto late = saying(task, st::succeeded);
    late.attempt = 1;
    CAF_CHECK_EQUAL(w.report(late).result, ec::stale_attempt);
    CAF_CHECK_EQUAL(w.find(task).task.attempt, 2u);
    CAF_CHECK(w.find(task).attempts[0].late);
    auto done = saying(task, st::succeeded);
    done.attempt = 2;
    CAF_CHECK_EQUAL(w.report(done).result, ec::none);
    CAF_CHECK(!w.store().retry({task, true}));
  }));
}

CAF_TEST(a job that is started again ends what it had under way) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    auto wanted = wanting("review", "");
    wanted.dispatched = true;
    const auto task = w.create(wanted).id;
    w.report(saying(task, st::running));
    CAF_REQUIRE(w.store().retry({task, true}));
    const auto found = w.find(task);
    CAF_CHECK_EQUAL(found.task.status, st::queued);
    CAF_CHECK_EQUAL(found.attempts[0].failure_reason->wire, "runtime_recovery");
    CAF_CHECK(found.attempts[0].ended_at);
    auto late = saying(task, st::succeeded);
    late.attempt = 1;
    CAF_CHECK_EQUAL(w.report(late).result, ec::terminal_state);
    CAF_CHECK_EQUAL(w.find(task).task.status, st::queued);
  }));
}

CAF_TEST(runtimes have one id for ever) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto enrolled = [&](const runtime_record& one) {
      const auto found = w.store().enroll({{one}});
      CAF_REQUIRE(found);
      return found->runtimes.front();
    };
    const auto first = enrolled(runtime("d", "claude"));
    CAF_CHECK(!first.id.empty());
    CAF_CHECK(enrolled(runtime("d", "claude")) == first);
    CAF_CHECK(enrolled(runtime("e", "claude")).id != first.id);
    CAF_CHECK(enrolled(runtime("d", "codex")).id != first.id);
    const auto found = w.store().runtimes({{{"unknown"}, first.id}});
    CAF_REQUIRE(found);
    CAF_CHECK(found->runtimes == std::vector{first});
    const auto left = w.store().leave({{first.id, {"unknown"}}});
    CAF_REQUIRE(left);
    CAF_CHECK(left->runtimes == std::vector{first});
    CAF_CHECK(w.store().runtimes({{first.id}})->runtimes.empty());
    CAF_CHECK(w.store().leave({{first.id}})->runtimes.empty());
    CAF_CHECK(enrolled(runtime("d", "claude")).id == first.id);
    CAF_CHECK_EQUAL(w.store().runtimes({{first.id}})->runtimes.size(), 1u);
  }));
}

CAF_TEST(what was under way at a runner that left is settled) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create().id;
    w.claim("r1");
    const auto other = w.create().id;
    w.claim("r2");
    const auto swept = w.sweep(sweep_kind::deregistered, 0s, "r1");
    CAF_CHECK_EQUAL(swept.settled, 1u);
    CAF_CHECK_EQUAL(swept.retried, 1u);
    CAF_CHECK_EQUAL(w.find(task).task.status, st::queued);
    CAF_CHECK_EQUAL(w.find(other).task.status, st::running);
  }));
}

CAF_TEST(what is said beside comes back as it was said) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create().id;
    w.claim("r1");
    auto first = remark(task, 1);
    first.remarks.note = clean("half \" way");
    first.remarks.branch_name = clean("fix/1");
    first.remarks.usage = {{"m", 10, 2, 3, 4, 0.25}, {"", 1, 0, 0, 0, 0}};
    CAF_CHECK_EQUAL(w.report(first).result, ec::none);
    CAF_CHECK(w.find(task).attempts[0].remarks == first.remarks);
    auto launch = saying(task, st::running);
    launch.attempt = 1;
    launch.kind = report_kind::launch;
    CAF_CHECK_EQUAL(w.report(launch).result, ec::none);
    CAF_CHECK_EQUAL(w.report(launch).result, ec::already_started);
    auto failed = saying(task, st::failed, "x");
    failed.attempt = 1;
    failed.remarks.reported_reason = clean("Provider-Timeout");
    CAF_CHECK_EQUAL(w.report(failed).result, ec::none);
    const auto kept = w.find(task).attempts[0].remarks;
    CAF_CHECK_EQUAL(kept.reported_reason.view(), "Provider-Timeout");
    CAF_CHECK_EQUAL(kept.note.view(), "half \" way");
    CAF_CHECK(kept.launched);
    CAF_MESSAGE("an attempt that is over still has a branch");
    auto late = remark(task, 1);
    late.remarks.branch_name = clean("fix/2");
    CAF_CHECK_EQUAL(w.report(late).result, ec::none);
    CAF_CHECK_EQUAL(w.find(task).attempts[0].remarks.branch_name.view(),
                    "fix/2");
    CAF_CHECK_EQUAL(w.find(task).task.status, st::failed);
  }));
}

CAF_TEST(what is handed over is counted and told) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create().id;
    w.report(saying(task, st::running));
    apply_status part;
    part.task = task;
    part.kind = report_kind::produced;
    part.produced = {"inline", 1};
    part.detail = clean(R"({"body":"Leak."})");
    CAF_CHECK_EQUAL(w.report(part).result, ec::none);
    CAF_CHECK_EQUAL(w.report(part).result, ec::none);
    CAF_CHECK_EQUAL(w.told(task, "task:produced"), 2u);
    w.report(saying(task, st::succeeded));
    CAF_CHECK_EQUAL(*w.find(task).task.posted, 2);
    CAF_CHECK(w.find(task).task.outcome == task_outcome::delivered);
    CAF_CHECK_EQUAL(w.report(part).result, ec::terminal_state);
  }));
}
