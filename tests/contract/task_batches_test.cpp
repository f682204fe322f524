// libs: telltale_task_worlds telltale_persistence
#define CAF_SUITE contract.task_batches

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <pqxx/pqxx>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/event_positions.hpp"
#include "tests/support/answer_cutter.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// Creates and claims that came together and share a transaction: each has the
// answer that it would have had alone.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

create_task new_task(std::string kind, std::string key = {}) {
  create_task what;
  what.task.id = task_id{make_uuid_v7()};
  what.task.kind = std::move(kind);
  what.idempotency_key = std::move(key);
  return what;
}

claim_tasks wanting(std::string runner, std::vector<std::string> kinds,
                    std::uint32_t limit = 1) {
  claim_tasks what;
  what.runner = {std::move(runner)};
  what.kinds = std::move(kinds);
  what.limit = limit;
  return what;
}

/// The kinds that each claim got, joined, or its error.
std::vector<std::string>
kinds_of(const std::vector<caf::expected<tasks_claimed>>& answers) {
  std::vector<std::string> all;
  for (const auto& answer : answers) {
    auto& text = all.emplace_back();
    if (!answer)
      text = to_string(code_of(answer.error()));
    else
      for (const auto& task : answer->tasks)
        text += task.kind + " ";
  }
  return all;
}

struct fixture : postgres_fixture {
  pg_options options;
  std::unique_ptr<task_store> store;

  fixture() {
    options.url = url();
    store = make_pg_task_store(options);
  }

  /// Runs `call` while somebody else holds the lock of positions; once it waits
  /// for that, `gone` is set and the lock is let go.
  template <class Call>
  auto while_waiting(std::atomic<bool>& gone, Call call) const {
    pqxx::connection link{url()};
    auto held = std::make_unique<pqxx::work>(link);
    held->exec("SELECT " + lock_positions);
    std::thread other{[&] {
      while (ask("SELECT count(*) FROM pg_locks"
                 " WHERE locktype = 'advisory' AND NOT granted")
             == "0")
        std::this_thread::yield();
      gone = true;
      held->commit();
    }};
    auto done = call();
    other.join();
    return done;
  }

  void make(const std::vector<std::string>& kinds) const {
    for (const auto& kind : kinds)
      CAF_REQUIRE(store->create(new_task(kind)));
  }
};

} // namespace

CAF_TEST(claims that come together never share a task) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    for (const auto* kind : {"x", "y", "x", "x", "y"})
      CAF_REQUIRE(w.store().create(new_task(kind)));
    auto later = new_task("z");
    later.task.run_after = w.create().created_at + 1h; // and one of "review"
    CAF_REQUIRE(w.store().create(later));
    const std::vector<claim_tasks> calls{
        wanting("a", {"x"}),      wanting("b", {"y", "x"}, 2),
        wanting("c", {"x"}, 5),   wanting("d", {}, 2),
        wanting("e", {"z", "x"}), wanting("f", {"y", "x", "x"}, 2)};
    auto done = w.store().claim_all(calls);
    CAF_REQUIRE(done);
    std::size_t given = 0;
    std::set<task_id> taken;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const auto& answer = done->answer[i];
      CAF_REQUIRE(answer);
      CAF_CHECK(answer->tasks.size() <= calls[i].limit);
      for (const auto& task : answer->tasks) {
        CAF_CHECK_EQUAL(task.runner, calls[i].runner);
        CAF_CHECK_EQUAL(w.find(task.id).task, task);
        taken.insert(task.id);
        ++given;
      }
    }
    CAF_CHECK_EQUAL(given, 6u); // all that were due
    CAF_CHECK_EQUAL(taken.size(), given);
    CAF_CHECK_EQUAL(done->events.size(), given);
    CAF_CHECK(done->answer[4]->tasks.empty());
    CAF_CHECK(done->answer[4]->next_due == later.task.run_after);
  }));
}

CAF_TEST(claims for the same kinds are served in the order of their coming) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    std::vector<task_id> made;
    for (int i = 0; i < 3; ++i) {
      made.push_back(w.create().id);
      w.advance(1s);
    }
    auto done = w.store().claim_all(
        std::vector{wanting("a", {"review"}), wanting("b", {"review"}),
                    wanting("c", {"review"}, 7), wanting("d", {"review"})});
    CAF_REQUIRE(done);
    for (std::size_t i = 0; i < made.size(); ++i) {
      CAF_REQUIRE_EQUAL(done->answer[i]->tasks.size(), 1u);
      CAF_CHECK_EQUAL(done->answer[i]->tasks[0].id, made[i]);
    }
    CAF_CHECK(done->answer[3]->tasks.empty());
  }));
}

CAF_TEST(creates that come together are told in their order) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto old = w.store().create(new_task("x", "old"));
    CAF_REQUIRE(old);
    const std::vector<create_task> calls{new_task("a"), new_task("b", "new"),
                                         new_task("c", "old"),
                                         new_task("d", "new"), new_task("e")};
    const auto done = w.store().create_all(calls);
    CAF_REQUIRE(done);
    CAF_REQUIRE_EQUAL(done->answer.size(), calls.size());
    std::vector<task_created> made;
    for (const auto& answer : done->answer) {
      CAF_REQUIRE(answer);
      made.push_back(*answer);
    }
    CAF_CHECK_EQUAL(made[0].task.id, calls[0].task.id);
    CAF_CHECK_EQUAL(made[1].task.id, calls[1].task.id);
    CAF_CHECK_EQUAL(made[2].task, old->answer.task);
    CAF_CHECK(made[2].repeated);
    CAF_CHECK_EQUAL(made[3].task.id, calls[1].task.id);
    CAF_CHECK(made[3].repeated);
    CAF_CHECK_EQUAL(made[4].task.id, calls[4].task.id);
    CAF_CHECK(!made[4].repeated);
    CAF_REQUIRE_EQUAL(done->events.size(), 3u);
    CAF_CHECK_EQUAL(done->events[2].task, calls[4].task.id);
  }));
}

CAF_TEST_FIXTURE_SCOPE(task_batches_tests, fixture)

CAF_TEST(the log has the creates of one transaction in their order) {
  std::vector<create_task> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(new_task("k"));
  const auto done = store->create_all(calls);
  CAF_REQUIRE(done);
  std::string wanted;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    wanted += to_string(calls[i].task.id);
    CAF_CHECK_EQUAL(ask("SELECT position FROM events WHERE task_id = '"
                        + to_string(calls[i].task.id) + "'"),
                    std::to_string(done->events[i].position));
  }
  CAF_CHECK_EQUAL(ask("SELECT string_agg(task_id::text, '' ORDER BY position)"
                      " FROM events"),
                  wanted);
}

CAF_TEST(
    a claim whose time is over before the commit takes nothing from others) {
  make({"x", "x"});
  std::vector<claim_tasks> calls{wanting("a", {"x"}), wanting("b", {"x"})};
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  calls[0].ticket.gone = gone;
  const auto done =
      while_waiting(*gone, [&] { return store->claim_all(calls); });
  CAF_REQUIRE(done);
  CAF_CHECK(kinds_of(done->answer)
            == (std::vector<std::string>{"call_expired", "x "}));
  CAF_CHECK_EQUAL(done->events.size(), 1u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM tasks WHERE status = 'queued'"),
                  "1");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM attempts"), "1");
}

CAF_TEST(a create without a key whose time is over is undone) {
  std::vector<create_task> calls{new_task("a"), new_task("b", "key"),
                                 new_task("c")};
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  calls[0].ticket.gone = calls[1].ticket.gone = gone;
  const auto done =
      while_waiting(*gone, [&] { return store->create_all(calls); });
  CAF_REQUIRE(done);
  CAF_REQUIRE(!done->answer[0]);
  CAF_CHECK_EQUAL(code_of(done->answer[0].error()), ec::call_expired);
  CAF_CHECK(done->answer[1]);
  CAF_CHECK(done->answer[2]);
  CAF_CHECK_EQUAL(done->events.size(), 2u);
  CAF_CHECK_EQUAL(ask("SELECT string_agg(kind, ' ' ORDER BY kind) FROM tasks"),
                  "b c");
}

CAF_TEST(creates whose common answer was lost are made once) {
  answer_cutter line{*this};
  auto through = options;
  through.url = line.url();
  const auto far = make_pg_task_store(through);
  line.cut_answer_to("COMMIT");
  const std::vector<create_task> calls{new_task("a"), new_task("b")};
  const auto done = far->create_all(calls);
  CAF_REQUIRE(done);
  CAF_CHECK_EQUAL(line.cuts(), 1);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    CAF_REQUIRE(done->answer[i]);
    CAF_CHECK_EQUAL(done->answer[i]->task.id, calls[i].task.id);
    CAF_CHECK(!done->answer[i]->repeated);
  }
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM tasks"), "2");
}

CAF_TEST(claims whose common answer was lost are answered with what they took) {
  make({"x", "y", "x"});
  answer_cutter line{*this};
  auto through = options;
  through.url = line.url();
  const auto far = make_pg_task_store(through);
  line.cut_answer_to("COMMIT");
  auto done = far->claim_all(
      std::vector{wanting("a", {"x"}, 2), wanting("b", {}), wanting("c", {})});
  CAF_REQUIRE(done);
  CAF_CHECK_EQUAL(line.cuts(), 1);
  CAF_CHECK(kinds_of(done->answer)
            == (std::vector<std::string>{"x x ", "y ", ""}));
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM attempts"), "3");
}

CAF_TEST_FIXTURE_SCOPE_END()
