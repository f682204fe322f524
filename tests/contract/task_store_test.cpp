// libs: telltale_task_worlds telltale_persistence
#define CAF_SUITE contract.task_store

#include <algorithm>
#include <set>

#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// One suite for every task store. Each test runs in memory and on PostgreSQL,
// and ends with a check of the truth invariants.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

bool reports(task_world& w, apply_status what, ec result = ec::none) {
  return w.report(std::move(what)).result == result;
}

apply_status network_failure(task_id task, std::string detail) {
  auto report = saying(task, st::failed, std::move(detail));
  report.failure_reason = failure_reason{reason::agent_provider_network};
  return report;
}

apply_status of_attempt(apply_status report, std::uint32_t attempt) {
  report.attempt = attempt;
  return report;
}

} // namespace

CAF_TEST(a created task is found as it was given) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    task_record wanted;
    wanted.id = task_id{make_uuid_v7()};
    wanted.kind = "review";
    wanted.title = clean("quote \" back \\ slash {brace}, comma\nline é");
    wanted.input = R"({"b": [1, null, "x"], "a": 1})";
    wanted.labels = R"(["l"])";
    wanted.chat_session = {"c1"};
    wanted.agent = {"a1"};
    wanted.issue = {"i1"};
    wanted.workspace = {"w1"};
    wanted.source_url = clean("https://host/x");
    wanted.priority = -3;
    wanted.max_attempts = 7;
    wanted.timeout = 90s;
    const auto made = w.create(wanted);
    CAF_CHECK_EQUAL(made.status, st::queued);
    CAF_CHECK_EQUAL(made.input, wanted.input);
    CAF_CHECK(w.find(wanted.id).task == made);
    CAF_CHECK(w.find(wanted.id).attempts.empty());
    CAF_CHECK_EQUAL(w.told(wanted.id, "task:created"), 1u);
  }));
}

CAF_TEST(an idempotency key makes one task) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    task_record wanted;
    wanted.kind = "review";
    wanted.id = task_id{make_uuid_v7()};
    const auto first = w.create(wanted, "key");
    wanted.id = task_id{make_uuid_v7()};
    const auto again = w.store().create({wanted, "key"});
    CAF_REQUIRE(again);
    CAF_CHECK(again->answer.repeated);
    CAF_CHECK(again->answer.task == first);
    CAF_CHECK(again->events.empty());
  }));
}

CAF_TEST(claims go by priority then age and only to what is due and wanted) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto make = [&](const char* kind, int priority, bool later) {
      task_record wanted;
      wanted.id = task_id{make_uuid_v7()};
      wanted.kind = kind;
      wanted.priority = priority;
      if (later)
        wanted.run_after = w.create().created_at + 1h;
      return w.create(wanted);
    };
    const auto low = make("x", 0, false);
    w.advance(1s);
    const auto young = make("x", 0, false);
    const auto high = make("x", 5, false);
    const auto deferred = make("y", 9, true); // and one of kind review
    const auto claimed = w.store().claim({{"r1"}, {"x", "y"}, 10});
    CAF_REQUIRE(claimed);
    std::vector<task_id> ids;
    for (const auto& task : claimed->answer.tasks)
      ids.push_back(task.id);
    CAF_CHECK(ids == (std::vector{high.id, low.id, young.id}));
    CAF_CHECK(w.find(high.id).task == claimed->answer.tasks[0]);
    CAF_CHECK_EQUAL(claimed->answer.tasks[0].runner.value, "r1");
    const auto nothing = w.store().claim({{"r1"}, {"x", "y"}, 10});
    CAF_REQUIRE(nothing);
    CAF_CHECK(nothing->answer.tasks.empty());
    CAF_CHECK(nothing->answer.next_due == deferred.run_after);
    w.advance(2h);
    const auto due = w.store().claim({{"r1"}, {"y"}, 10});
    CAF_REQUIRE(due);
    CAF_CHECK_EQUAL(due->answer.tasks.size(), 1u);
  }));
}

CAF_TEST(a detail is kept on the task and on its attempt) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create(1);
    w.claim();
    CAF_CHECK(reports(w, saying(task.id, st::failed, "disk full")));
    const auto found = w.find(task.id);
    CAF_CHECK_EQUAL(found.task.error_detail.view(), "disk full");
    CAF_REQUIRE_EQUAL(found.attempts.size(), 1u);
    CAF_CHECK_EQUAL(found.attempts[0].error_detail.view(), "disk full");
    CAF_CHECK(found.attempts[0].failure_reason == found.task.failure_reason);
    CAF_CHECK(found.attempts[0].ended_at == found.task.completed_at);
    CAF_CHECK_EQUAL(w.told(task.id, "task:failed"), 1u);
  }));
}

CAF_TEST(a retried run does not keep its old reason) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim();
    CAF_CHECK(reports(w, network_failure(task.id, "connection reset")));
    const auto waiting = w.find(task.id).task;
    CAF_CHECK_EQUAL(waiting.status, st::queued);
    CAF_CHECK(waiting.run_after.has_value());
    w.advance(1h);
    w.claim();
    auto found = w.find(task.id);
    CAF_CHECK(found.task.error_detail.empty());
    CAF_CHECK(!found.task.failure_reason);
    CAF_CHECK_EQUAL(found.task.attempt, 2u);
    CAF_CHECK_EQUAL(found.attempts.at(0).error_detail.view(),
                    "connection reset");
    // A running report clears, too, and a later one without detail erases not.
    const auto says = [&](st status, std::string words) {
      return reports(w, of_attempt(saying(task.id, status, words), 2));
    };
    CAF_CHECK(says(st::posting_result, "posting"));
    CAF_CHECK(says(st::posting_result, ""));
    CAF_CHECK_EQUAL(w.find(task.id).task.error_detail.view(), "posting");
    CAF_CHECK(says(st::running, "new words"));
    CAF_CHECK(w.find(task.id).task.error_detail.empty());
  }));
}

CAF_TEST(an empty detail erases no reason) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create(1);
    w.claim();
    CAF_CHECK(reports(w, saying(task.id, st::posting_result, "half done")));
    CAF_CHECK(reports(w, saying(task.id, st::failed, "")));
    CAF_CHECK_EQUAL(w.find(task.id).task.error_detail.view(), "half done");
    CAF_CHECK(reports(w, saying(task.id, st::failed, "the real reason")));
    CAF_CHECK(reports(w, saying(task.id, st::failed, "")));
    const auto found = w.find(task.id);
    CAF_CHECK_EQUAL(found.task.error_detail.view(), "the real reason");
    CAF_CHECK_EQUAL(found.attempts[0].error_detail.view(), "the real reason");
    CAF_CHECK_EQUAL(w.told(task.id, "task:failed"), 1u);
  }));
}

CAF_TEST(late reports and late sweeps overwrite no success) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim();
    CAF_CHECK(reports(w, saying(task.id, st::succeeded)));
    w.advance(24h);
    for (const auto kind : {sweep_kind::lease, sweep_kind::runner_offline,
                            sweep_kind::wall_clock, sweep_kind::queue_ttl})
      CAF_CHECK_EQUAL(w.sweep(kind, 1s).settled, 0u);
    CAF_CHECK(reports(w, saying(task.id, st::failed, "too late"),
                      ec::terminal_state));
    CAF_CHECK(reports(w, saying(task.id, st::running), ec::terminal_state));
    const auto found = w.find(task.id);
    CAF_CHECK_EQUAL(found.task.status, st::succeeded);
    CAF_REQUIRE(found.attempts.at(0).late.has_value());
    CAF_CHECK_EQUAL(found.attempts[0].late->status, st::running);
  }));
}

CAF_TEST(a failed task that runs again is seen by the reaper) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create(1);
    CAF_CHECK(reports(w, saying(task.id, st::failed, "first")));
    CAF_CHECK(reports(w, saying(task.id, st::running)));
    const auto again = w.find(task.id).task;
    CAF_CHECK_EQUAL(again.attempt, 2u);
    CAF_CHECK(again.lease_expires_at.has_value());
    CAF_CHECK(!again.completed_at);
    w.advance(10min);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::lease, 30s).settled, 1u);
    CAF_CHECK_EQUAL(w.find(task.id).task.status, st::failed);
    CAF_CHECK_EQUAL(w.told(task.id, "task:failed"), 2u);
  }));
}

CAF_TEST(a report of an older attempt is recorded there and changes nothing) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim();
    CAF_CHECK(reports(w, network_failure(task.id, "reset")));
    w.advance(1h);
    w.claim();
    const auto before = w.find(task.id).task;
    CAF_CHECK(reports(w, of_attempt(saying(task.id, st::succeeded), 1),
                      ec::stale_attempt));
    CAF_CHECK(reports(w, of_attempt(saying(task.id, st::failed), 9),
                      ec::invalid_field));
    const auto found = w.find(task.id);
    CAF_CHECK(found.task == before);
    CAF_CHECK(found.attempts[0].late.has_value());
    CAF_CHECK(!found.attempts[1].late.has_value());
    CAF_CHECK(reports(w, saying(task_id{make_uuid_v7()}, st::running),
                      ec::task_not_found));
  }));
}

CAF_TEST(the outcome comes from what a run delivered) {
  struct row {
    std::optional<std::int64_t> posted;
    std::optional<bool> intended;
    const char* detail;
    task_outcome outcome;
  };
  const std::vector<row> rows{
      {3, {}, "some words", task_outcome::delivered},
      {0, true, "", task_outcome::clean},
      {0, {}, "", task_outcome::silent_noop},
      {{}, {}, "no findings", task_outcome::silent_noop},
      {{}, {}, "", task_outcome::unverified},
  };
  CAF_CHECK(in_both_worlds([&](task_world& w) {
    for (const auto& row : rows) {
      const auto task = w.create();
      auto report = saying(task.id, st::succeeded, row.detail);
      report.posted = row.posted;
      report.intended_empty = row.intended;
      CAF_CHECK(reports(w, report));
      const auto found = w.find(task.id).task;
      CAF_CHECK(found.outcome == row.outcome);
      CAF_CHECK(found.posted == row.posted);
    }
  }));
}

CAF_TEST(every attempt keeps its own reason) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create(3);
    for (const std::string words : {"one", "two", "three"}) {
      w.advance(1h);
      const auto attempt = w.claim().attempt;
      CAF_CHECK(
          reports(w, of_attempt(network_failure(task.id, words), attempt)));
    }
    const auto found = w.find(task.id);
    CAF_CHECK_EQUAL(found.task.status, st::failed);
    CAF_REQUIRE_EQUAL(found.attempts.size(), 3u);
    CAF_CHECK_EQUAL(found.attempts[0].error_detail.view(), "one");
    CAF_CHECK_EQUAL(found.attempts[1].error_detail.view(), "two");
    CAF_CHECK_EQUAL(found.attempts[2].error_detail.view(), "three");
    for (const auto& attempt : found.attempts)
      CAF_CHECK(attempt.failure_reason
                == failure_reason{reason::agent_provider_network});
  }));
}

CAF_TEST(a failure that is retried says so in its event) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim();
    std::vector<pending_report> batch(1);
    batch[0].ready = network_failure(task.id, "reset");
    const auto facts = w.store().apply(batch);
    CAF_REQUIRE(facts);
    CAF_REQUIRE_EQUAL(facts->size(), 1u);
    const auto& fact = facts->front();
    CAF_CHECK(fact.type == event_type::task_failed);
    CAF_CHECK(fact.will_retry);
    CAF_CHECK_EQUAL(fact.status, st::failed);
    CAF_CHECK(fact.retry_at == w.find(task.id).task.run_after);
    CAF_CHECK(fact.origin == detail_origin::runner);
  }));
}

CAF_TEST(a success after a sweep is kept and published) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    // Once with the retry still pending, once after the last attempt.
    for (const std::uint32_t attempts : {2u, 1u}) {
      const auto task = w.create(attempts);
      w.claim("r" + std::to_string(attempts));
      w.advance(10min);
      CAF_CHECK_EQUAL(w.sweep(sweep_kind::runner_offline, 150s).settled, 1u);
      const auto lost = w.find(task.id).task;
      CAF_CHECK_EQUAL(lost.status, attempts > 1 ? st::queued : st::failed);
      CAF_CHECK_EQUAL(lost.error_detail.view(), "the platform says so");
      auto late = of_attempt(saying(task.id, st::succeeded), 1);
      late.posted = 1;
      const auto done = w.report(late);
      CAF_CHECK_EQUAL(done.result, ec::none);
      CAF_CHECK(done.effect == report_effect::recovered);
      const auto found = w.find(task.id);
      CAF_CHECK_EQUAL(found.task.status, st::succeeded);
      CAF_CHECK(found.task.outcome == task_outcome::delivered);
      CAF_CHECK(found.task.error_detail.empty());
      CAF_CHECK(!found.task.run_after);
      CAF_CHECK(found.attempts[0].failure_reason
                == failure_reason{reason::runtime_offline});
      CAF_CHECK(found.attempts[0].late.has_value());
      // Of a failure that was to be tried again nobody was told.
      const auto* event = attempts > 1 ? "task:succeeded" : "task:recovered";
      CAF_CHECK_EQUAL(w.told(task.id, event), 1u);
      CAF_CHECK(w.report(late).effect == report_effect::repeated);
      CAF_CHECK_EQUAL(w.told(task.id, event), 1u);
    }
  }));
}

CAF_TEST(a failure that is said twice is told once even while a retry waits) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim();
    CAF_CHECK(reports(w, network_failure(task.id, "")));
    const auto again = w.report(network_failure(task.id, "the news"));
    CAF_CHECK(again.effect == report_effect::repeated);
    const auto found = w.find(task.id);
    CAF_CHECK_EQUAL(found.task.status, st::queued);
    CAF_CHECK_EQUAL(found.attempts.at(0).error_detail.view(), "the news");
    CAF_CHECK_EQUAL(w.told(task.id, "task:failed"), 1u);
  }));
}

CAF_TEST(reports of one task in one batch are applied in their order) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto a = w.create(1).id;
    const auto b = w.create(1).id;
    std::vector<pending_report> batch(5);
    batch[0].ready = saying(a, st::running);
    batch[1].ready = saying(b, st::failed, "b");
    batch[2].ready = saying(a, st::posting_result, "words");
    batch[3].ready = saying(a, st::succeeded);
    batch[4].ready = saying(a, st::failed, "late");
    const auto facts = w.store().apply(batch);
    CAF_REQUIRE(facts);
    CAF_CHECK_EQUAL(facts->size(), 3u);
    CAF_CHECK_EQUAL(batch[3].result, ec::none);
    CAF_CHECK_EQUAL(batch[4].result, ec::terminal_state);
    CAF_CHECK(w.find(a).task.outcome == task_outcome::silent_noop);
    CAF_CHECK_EQUAL(w.find(b).task.status, st::failed);
  }));
}

CAF_TEST(a batch may hold any number of reports of one task) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim();
    std::vector<pending_report> batch(100);
    for (auto& pending : batch)
      pending.ready = saying(task.id, st::running);
    batch.back().ready = saying(task.id, st::succeeded);
    const auto facts = w.store().apply(batch);
    CAF_REQUIRE(facts);
    CAF_CHECK(std::ranges::all_of(batch, [](const pending_report& pending) {
      return pending.result == ec::none;
    }));
    CAF_CHECK_EQUAL(w.find(task.id).task.status, st::succeeded);
    std::vector<pending_report> unknown(100);
    for (auto& pending : unknown)
      pending.ready = saying(task_id{}, st::running);
    CAF_REQUIRE(w.store().apply(unknown));
    CAF_CHECK_EQUAL(unknown.back().result, ec::task_not_found);
  }));
}

CAF_TEST(a batch whose answer was lost may be applied again) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto a = w.create().id;
    w.claim();
    const auto b = w.create().id;
    std::vector<pending_report> batch(3);
    batch[0].ready = saying(a, st::running);
    batch[1].ready = network_failure(a, "reset");
    batch[2].ready = saying(b, st::succeeded);
    CAF_REQUIRE(w.store().apply(batch));
    // Meanwhile the next attempt begins: it must not be hit by the old words.
    w.advance(1h);
    w.claim();
    for (auto& pending : batch)
      pending.result = ec::internal_error;
    const auto again = w.store().apply(batch);
    CAF_REQUIRE(again);
    CAF_CHECK(again->empty());
    for (const auto& pending : batch) {
      CAF_CHECK_EQUAL(pending.result, ec::none);
      CAF_CHECK(pending.effect == report_effect::repeated);
    }
    const auto found = w.find(a);
    CAF_CHECK_EQUAL(found.task.status, st::running);
    CAF_CHECK_EQUAL(found.task.attempt, 2u);
    CAF_CHECK(!found.attempts[1].ended_at);
    CAF_CHECK_EQUAL(w.told(a, "task:failed"), 1u);
    CAF_CHECK_EQUAL(w.told(b, "task:succeeded"), 1u);
  }));
}
