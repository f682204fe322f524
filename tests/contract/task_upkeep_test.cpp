// libs: telltale_task_worlds telltale_persistence
#define CAF_SUITE contract.task_upkeep

#include <algorithm>

#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// The second half of every task store's suite: sweeps, heartbeats, operators,
// readers, chats. Each test runs in memory and on PostgreSQL.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

bool reports(task_world& w, apply_status what, ec result = ec::none) {
  return w.report(std::move(what)).result == result;
}

} // namespace

CAF_TEST(each sweep finds its own kind of silence) {
  struct row {
    sweep_kind kind;
    std::chrono::milliseconds threshold;
    const char* reason;
    bool retried;
  };
  const std::vector<row> rows{
      {sweep_kind::runner_offline, 150s, "runtime_offline", true},
      {sweep_kind::lease, 30s, "runtime_offline", true},
      {sweep_kind::wall_clock, 60s, "timeout", true},
      {sweep_kind::recovery, 0s, "runtime_recovery", true},
  };
  CAF_CHECK(in_both_worlds([&](task_world& w) {
    int runner = 0;
    for (const auto& row : rows) {
      const auto name = "r" + std::to_string(++runner);
      const auto task = w.create();
      w.claim(name);
      CAF_CHECK_EQUAL(w.sweep(row.kind, row.threshold, "other").settled, 0u);
      w.advance(row.kind == sweep_kind::runner_offline ? 151s : 120s);
      const auto swept = w.sweep(row.kind, row.threshold, name);
      CAF_CHECK_EQUAL(swept.settled, 1u);
      CAF_CHECK(!swept.more);
      const auto found = w.find(task.id);
      CAF_CHECK_EQUAL(found.attempts[0].failure_reason->wire, row.reason);
      CAF_CHECK(found.attempts[0].settled_by == settled_by::reaper);
      CAF_CHECK(found.attempts[0].evidence.find(to_string(row.kind))
                != std::string::npos);
      CAF_CHECK(found.attempts[0].evidence.find("last_sign_of_life\":\"")
                != std::string::npos);
      CAF_CHECK_EQUAL(found.task.status, row.retried ? st::queued : st::failed);
      CAF_CHECK_EQUAL(w.sweep(row.kind, row.threshold, name).settled, 0u);
      CAF_CHECK_EQUAL(w.told(task.id, "task:failed"), 1u);
      CAF_REQUIRE(w.store().cancel({task.id}));
    }
  }));
}

CAF_TEST(a task that nobody claims expires with a reason of its own) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.advance(2h);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::queue_ttl, 3h).settled, 0u);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::queue_ttl, 0s).settled, 0u);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::queue_ttl, 1h).settled, 1u);
    const auto found = w.find(task.id);
    CAF_CHECK_EQUAL(found.task.status, st::failed);
    CAF_CHECK_EQUAL(found.task.failure_reason->wire, "queued_expired");
    CAF_REQUIRE_EQUAL(found.attempts.size(), 1u);
    CAF_CHECK(found.attempts[0].ended_at.has_value());
  }));
}

CAF_TEST(a retry of a lost runner waits for one until the grace is over) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto lose = [&] {
      const auto task = w.create();
      w.claim("lost");
      w.advance(10min);
      CAF_CHECK_EQUAL(w.sweep(sweep_kind::runner_offline, 150s).settled, 1u);
      CAF_CHECK(w.find(task.id).task.awaits_runner);
      w.advance(1h);
      CAF_CHECK_EQUAL(w.sweep(sweep_kind::queue_ttl, 10min).settled, 0u);
      return task.id;
    };
    const auto expired = lose();
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::reconnect, 3h).settled, 0u);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::reconnect, 30min).settled, 1u);
    auto found = w.find(expired);
    CAF_CHECK_EQUAL(found.task.failure_reason->wire,
                    "runtime_reconnect_timeout");
    CAF_CHECK_EQUAL(found.attempts.at(0).failure_reason->wire,
                    "runtime_offline");
    CAF_CHECK(found.attempts[0].evidence.find("\"then\":")
              != std::string::npos);
    const auto returned = lose();
    CAF_CHECK(w.beat("lost", {{returned, 1}}) == std::vector{returned});
    CAF_CHECK(!w.find(returned).task.awaits_runner);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::reconnect, 30min).settled, 0u);
    const auto taken = w.claim("another");
    CAF_CHECK(taken.id == returned);
    CAF_CHECK(!taken.awaits_runner);
  }));
}

CAF_TEST(a lease that is over ends a run by what its runner did since) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto ended = [&](bool heard) {
      const auto task = w.create(1);
      w.claim("r1");
      w.advance(80s);
      if (heard)
        CAF_CHECK(w.beat("r1", {}).empty());
      CAF_CHECK_EQUAL(w.sweep(sweep_kind::lease, 30s).settled, 0u);
      w.advance(20s);
      CAF_CHECK_EQUAL(w.sweep(sweep_kind::lease, 30s).settled, 1u);
      return w.find(task.id).task;
    };
    const auto heard = ended(true);
    CAF_CHECK_EQUAL(heard.status, st::timed_out);
    CAF_CHECK_EQUAL(heard.failure_reason->wire, "timeout");
    const auto silent = ended(false);
    CAF_CHECK_EQUAL(silent.status, st::failed);
    CAF_CHECK_EQUAL(silent.failure_reason->wire, "runtime_offline");
  }));
}

CAF_TEST(a retry that nobody takes ends with the reason of its attempt) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim("r1");
    auto report = saying(task.id, st::failed, "reset");
    report.failure_reason = failure_reason{reason::agent_provider_network};
    CAF_CHECK(reports(w, report));
    w.advance(1h);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::queue_ttl, 30min).settled, 0u);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::retry_not_taken, 2h).settled, 0u);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::retry_not_taken, 30min).settled, 1u);
    const auto found = w.find(task.id);
    CAF_CHECK_EQUAL(found.task.status, st::failed);
    CAF_CHECK(found.task.failure_reason == report.failure_reason);
    CAF_CHECK(found.task.failure_told);
    CAF_CHECK_EQUAL(found.attempts.at(0).error_detail.view(), "reset");
  }));
}

CAF_TEST(a failure that nobody claims is final at once) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    auto report = saying(w.create(3).id, st::failed);
    report.failure_reason = failure_reason{reason::agent_provider_network};
    CAF_CHECK(reports(w, report));
    CAF_CHECK_EQUAL(w.find(report.task).task.status, st::failed);
    task_record asks;
    asks.kind = "review";
    asks.max_attempts = 3;
    asks.asks_attempts = true;
    const auto fails = [&] {
      asks.id = task_id{make_uuid_v7()};
      report.task = w.create(asks).id;
      CAF_CHECK(reports(w, report));
      const auto found = w.find(report.task).task;
      if (found.status == st::queued)
        CAF_CHECK(w.store().cancel({report.task}));
      return found.status;
    };
    CAF_CHECK_EQUAL(fails(), st::failed);
    CAF_REQUIRE(w.store().claim({{"r1"}, {"other"}, 1}));
    CAF_CHECK_EQUAL(fails(), st::failed);
    CAF_REQUIRE(w.store().claim({{"r1"}, {"review"}, 1}));
    CAF_CHECK_EQUAL(fails(), st::queued);
    w.advance(25h);
    CAF_CHECK_EQUAL(fails(), st::failed);
    CAF_REQUIRE(w.store().claim({{"r1"}, {}, 1}));
    CAF_CHECK_EQUAL(fails(), st::queued);
  }));
}

CAF_TEST(an attempt is found by its id) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create();
    w.claim("r1");
    w.advance(10min);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::recovery, 0s, "r1").settled, 1u);
    w.advance(1min);
    const auto second = w.claim("r2");
    CAF_CHECK_EQUAL(second.attempt, 2u);
    const auto first = w.find(task.id);
    CAF_CHECK_EQUAL(first.asked, 1u);
    CAF_REQUIRE_EQUAL(first.attempts.size(), 2u);
    CAF_CHECK(first.attempts[0].id.value == task.id.value);
    CAF_CHECK(first.attempts[1].id == second.current_attempt);
    CAF_CHECK(first.attempts[0].claimed);
    const auto found = w.find(task_id{second.current_attempt.value});
    CAF_CHECK(found.task.id == task.id);
    CAF_CHECK_EQUAL(found.asked, 2u);
    const auto unknown = w.store().find({task_id{make_uuid_v7()}});
    CAF_CHECK(!unknown);
  }));
}

CAF_TEST(a task has its own wall clock or none) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    task_record wanted;
    wanted.kind = "review";
    const auto make = [&](std::optional<std::chrono::seconds> timeout) {
      wanted.id = task_id{make_uuid_v7()};
      wanted.timeout = timeout;
      w.create(wanted);
      return w.claim().id;
    };
    const auto own = make(10s);
    const auto none = make(0s);
    const auto configured = make(std::nullopt);
    w.advance(60s);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::wall_clock, 0s).settled, 1u);
    CAF_CHECK(!is_active(w.find(own).task.status));
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::wall_clock, 30s).settled, 1u);
    CAF_CHECK(!is_active(w.find(configured).task.status));
    CAF_CHECK(is_active(w.find(none).task.status));
  }));
}

CAF_TEST(a sweep takes no more than its limit and says that there is more) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    for (int i = 0; i < 3; ++i)
      w.create(1);
    w.advance(2h);
    sweep_tasks what;
    what.kind = sweep_kind::queue_ttl;
    what.threshold = 1h;
    what.failure_reason = failure_reason{reason::queued_expired};
    what.limit = 2;
    const auto first = w.store().sweep(what);
    CAF_REQUIRE(first);
    CAF_CHECK_EQUAL(first->answer.settled, 2u);
    CAF_CHECK(first->answer.more);
    const auto second = w.store().sweep(what);
    CAF_REQUIRE(second);
    CAF_CHECK_EQUAL(second->answer.settled, 1u);
    CAF_CHECK(!second->answer.more);
  }));
}

CAF_TEST(a heartbeat renews what is its own and stops the rest) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto mine = w.create();
    w.claim("r1");
    CAF_CHECK(reports(w, saying(mine.id, st::posting_result, "words")));
    w.create();
    const auto other = w.claim("r2");
    const auto cancelled = w.create();
    w.claim("r1");
    CAF_REQUIRE(w.store().cancel({cancelled.id}));
    const task_id unknown{make_uuid_v7()};
    w.advance(30s);
    const auto before = *w.find(mine.id).task.lease_expires_at;
    const auto stop = w.beat(
        "r1", {{mine.id, 1}, {other.id, 1}, {cancelled.id, {}}, {unknown, {}}});
    CAF_CHECK(stop == (std::vector{other.id, cancelled.id, unknown}));
    const auto after = w.find(mine.id).task;
    CAF_CHECK(*after.lease_expires_at > before);
    CAF_CHECK_EQUAL(after.error_detail.view(), "words");
    CAF_CHECK(w.beat("r1", {{mine.id, 2}}) == std::vector{mine.id});
  }));
}

CAF_TEST(an operator cancels and retries where it makes sense) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create(1);
    CAF_CHECK_EQUAL(code_of(w.store().retry({task.id}).error()),
                    ec::not_retryable);
    w.claim();
    const auto stopped = w.store().cancel({task.id});
    CAF_REQUIRE(stopped);
    CAF_CHECK(stopped->answer.task == w.find(task.id).task);
    CAF_CHECK(stopped->answer.task.outcome == task_outcome::cancelled);
    CAF_CHECK(w.find(task.id).attempts[0].ended_at.has_value());
    CAF_CHECK_EQUAL(code_of(w.store().cancel({task.id}).error()),
                    ec::not_cancellable);
    CAF_CHECK(reports(w, saying(task.id, st::cancelled)));
    CAF_CHECK(reports(w, saying(task.id, st::succeeded), ec::terminal_state));
    CAF_REQUIRE(w.store().retry({task.id}));
    const auto again = w.claim();
    CAF_CHECK_EQUAL(again.attempt, 2u);
    CAF_CHECK_EQUAL(again.max_attempts, 2u);
    CAF_CHECK_EQUAL(w.told(task.id, "task:cancelled"), 1u);
    const task_id unknown{make_uuid_v7()};
    CAF_CHECK_EQUAL(code_of(w.store().cancel({unknown}).error()),
                    ec::task_not_found);
  }));
}

CAF_TEST(lists are newest first and filtered and paged) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    std::vector<task_id> newest_first;
    for (int i = 0; i < 5; ++i) {
      task_record wanted;
      wanted.id = task_id{make_uuid_v7()};
      wanted.kind = i % 2 == 0 ? "even" : "odd";
      wanted.title = clean("Title 100% of_" + std::to_string(i));
      w.create(wanted);
      w.advance(1s);
      newest_first.insert(newest_first.begin(), wanted.id);
    }
    list_tasks what;
    what.limit = 2;
    std::vector<task_id> seen;
    for (;;) {
      const auto page = w.store().list(what);
      CAF_REQUIRE(page);
      for (const auto& task : page->tasks)
        seen.push_back(task.id);
      if (!page->next)
        break;
      what.after = page->next;
    }
    CAF_CHECK(seen == newest_first);
    const auto count = [&](const list_tasks& filter) {
      const auto page = w.store().list(filter);
      return page ? page->tasks.size() : 99u;
    };
    list_tasks odd;
    odd.kind = "odd";
    CAF_CHECK_EQUAL(count(odd), 2u);
    CAF_CHECK(reports(w, saying(newest_first[0], st::failed, "Disk is full")));
    list_tasks failed;
    failed.status = st::failed;
    failed.outcome = task_outcome::failed;
    failed.failure_reason = "agent_error.process_failure";
    CAF_CHECK_EQUAL(count(failed), 1u);
    list_tasks words;
    words.words = "disk title";
    CAF_CHECK_EQUAL(count(words), 1u);
    words.words = "100% of_";
    CAF_CHECK_EQUAL(count(words), 5u);
    words.words = "1_0";
    CAF_CHECK_EQUAL(count(words), 0u);
    list_tasks since;
    since.since = w.find(newest_first[1]).task.created_at;
    CAF_CHECK_EQUAL(count(since), 2u);
    since.until = w.find(newest_first[0]).task.created_at;
    CAF_CHECK_EQUAL(count(since), 1u);
  }));
}

CAF_TEST(a chat session is bound again and let go) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    chat_binding binding{{"c1"}, "team", "oc_1", "t1", "m1", 2, "zh-CN"};
    CAF_REQUIRE(w.store().bind({binding}));
    binding.chat_id = "oc_2";
    const auto bound = w.store().bind({binding});
    CAF_REQUIRE(bound);
    CAF_CHECK(bound->bindings == std::vector{binding});
    CAF_REQUIRE(w.store().bind({{{"c2"}, "team", "x", "", "", 0, ""}}));
    list_chats after;
    after.after = {"c1"};
    CAF_CHECK_EQUAL(w.store().list(after)->bindings.size(), 1u);
    list_chats one;
    one.session = chat_session_id{"c1"};
    CAF_CHECK(w.store().list(one)->bindings == std::vector{binding});
    CAF_CHECK(w.store().unbind({{"c1"}}));
    CAF_CHECK_EQUAL(code_of(w.store().unbind({{"c1"}}).error()),
                    ec::chat_session_not_found);
    CAF_CHECK(w.store().check(check_store{})->reachable);
  }));
}
