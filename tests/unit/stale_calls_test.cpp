// libs: telltale_persistence telltale_memory_store
#define CAF_SUITE unit.stale_calls

#include <atomic>
#include <memory>

#include "actors/persistence/stores/claim_dispatcher.hpp"
#include "actors/persistence/stores/task_commands.hpp"
#include "actors/persistence/stores/task_queries.hpp"
#include "tests/support/deaf_payload.hpp"
#include "tests/support/memory_task_store.hpp"

#include <caf/test/dsl.hpp>

// Calls whose turn comes when nobody waits for them any more.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

struct stale_calls_fixture : test_coordinator_fixture<> {
  std::shared_ptr<memory_database> db = std::make_shared<memory_database>();
  task_rules rules;
  counter_board_ptr counters = std::make_shared<counter_board>();
  failed_task_payload_actor payload = sys.spawn(test::deaf_payload);
  std::shared_ptr<std::atomic<bool>> gone =
      std::make_shared<std::atomic<bool>>(false);
  task_commands_actor commands = sys.spawn(
      [this](task_commands_actor::stateful_pointer<task_commands_state> actor) {
        return task_commands(actor, store(), payload, counters);
      });
  claim_dispatcher_actor claims = sys.spawn(
      [this](claim_dispatcher_actor::stateful_pointer<claim_dispatcher_state>
                 actor) {
        return claim_dispatcher(actor, store(), payload, counters);
      });
  task_query_actor queries = sys.spawn(
      [this](task_query_actor::stateful_pointer<task_query_state> actor) {
        return task_queries(actor, store(), counters);
      });

  ~stale_calls_fixture() override {
    anon_send_exit(commands, caf::exit_reason::user_shutdown);
    anon_send_exit(claims, caf::exit_reason::user_shutdown);
    anon_send_exit(queries, caf::exit_reason::user_shutdown);
    run();
  }

  std::unique_ptr<memory_task_store> store() {
    return std::make_unique<memory_task_store>(db, rules);
  }

  call_ticket ticket() {
    return {gone, sched.clock().now() + 1s, sched.clock().now() + 10s};
  }

  /// `ec::none` if the call was carried out.
  template <class Answer, class To, class Ask> ec ask(const To& to, Ask what) {
    auto asked = self->request(to, caf::infinite, std::move(what));
    run();
    auto result = ec::none;
    asked.receive([](const Answer&) {},
                  [&](const caf::error& error) { result = code_of(error); });
    return result;
  }

  create_task new_task() {
    create_task what;
    what.task.id = task_id{make_uuid_v7()};
    what.task.kind = "k";
    what.ticket = ticket();
    return what;
  }

  double abandoned(std::string_view call) {
    return counters->read(counter::abandoned_calls_total, call);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stale_calls_tests, stale_calls_fixture)

CAF_TEST(a claim whose client has gone takes nothing) {
  CAF_CHECK_EQUAL(ask<task_created>(commands, new_task()), ec::none);
  claim_tasks what;
  what.runner = {"r"};
  what.ticket = ticket();
  what.ticket.trusted_until = call_ticket::time_point::min();
  *gone = true;
  CAF_CHECK_EQUAL(ask<tasks_claimed>(claims, what), ec::call_expired);
  CAF_CHECK_EQUAL(abandoned("claim_tasks"), 1.0);
  what.ticket.gone = nullptr;
  auto asked = self->request(claims, caf::infinite, what);
  run();
  asked.receive(
      [](const tasks_claimed& got) {
        CAF_REQUIRE_EQUAL(got.tasks.size(), 1u);
        CAF_CHECK_EQUAL(got.tasks[0].attempt, 1u);
      },
      [](const caf::error& error) { CAF_FAIL(explain(error)); });
}

CAF_TEST(a claim whose time is over takes nothing) {
  claim_tasks what;
  what.runner = {"r"};
  what.ticket = ticket();
  sched.advance_time(9s);
  CAF_CHECK_EQUAL(ask<tasks_claimed>(claims, what), ec::none);
  sched.advance_time(1s);
  CAF_CHECK_EQUAL(ask<tasks_claimed>(claims, what), ec::call_expired);
}

CAF_TEST(a create without a key is not carried out once its client has gone) {
  auto plain = new_task();
  auto keyed = new_task();
  keyed.idempotency_key = "key";
  *gone = true;
  sched.advance_time(2s);
  CAF_CHECK_EQUAL(ask<task_created>(commands, plain), ec::call_expired);
  CAF_CHECK_EQUAL(ask<task_created>(commands, keyed), ec::none);
  CAF_CHECK_EQUAL(abandoned("create_task"), 1.0);
  CAF_CHECK_EQUAL(ask<task_found>(queries, find_task{plain.task.id}),
                  ec::task_not_found);
  CAF_CHECK_EQUAL(ask<task_found>(queries, find_task{keyed.task.id}), ec::none);
}

CAF_TEST(who only ends its side of the connection is still answered at once) {
  *gone = true;
  CAF_CHECK_EQUAL(ask<task_created>(commands, new_task()), ec::none);
  list_tasks what;
  what.ticket = ticket();
  CAF_CHECK_EQUAL(ask<tasks_listed>(queries, what), ec::none);
  sched.advance_time(1s);
  CAF_CHECK_EQUAL(ask<tasks_listed>(queries, what), ec::call_expired);
  CAF_CHECK_EQUAL(abandoned("list_tasks"), 1.0);
}

CAF_TEST_FIXTURE_SCOPE_END()
