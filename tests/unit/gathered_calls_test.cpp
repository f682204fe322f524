// libs: telltale_persistence telltale_memory_store
#define CAF_SUITE unit.gathered_calls

#include <memory>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/claim_dispatcher.hpp"
#include "actors/persistence/stores/task_commands.hpp"
#include "tests/support/memory_task_store.hpp"

#include "tests/support/checks.hpp"
#include "tests/support/deaf_payload.hpp"

// Creates and claims that arrive while their actor is busy share a transaction.

using namespace telltale;

namespace {

using sizes = std::vector<std::size_t>;

/// The memory store, with a count of its calls, and a database that can be
/// away or dislike a kind.
class counting_store final : public memory_task_store {
public:
  counting_store(std::shared_ptr<memory_database> db, sizes& calls,
                 const bool& away)
      : memory_task_store(std::move(db), task_rules{}), calls_(calls),
        away_(away) {}

  caf::expected<committed<std::vector<caf::expected<task_created>>>>
  create_all(std::span<const create_task> what) override {
    calls_.push_back(what.size());
    if (away_)
      return make_error(ec::database_unavailable);
    for (const auto& one : what)
      if (one.task.kind == "bad")
        return make_error(ec::invalid_field);
    return memory_task_store::create_all(what);
  }

  caf::expected<committed<std::vector<caf::expected<tasks_claimed>>>>
  claim_all(std::span<const claim_tasks> what) override {
    calls_.push_back(what.size());
    if (away_)
      return make_error(ec::database_unavailable);
    auto done = memory_task_store::claim_all(what);
    for (std::size_t i = 0; i < what.size(); ++i)
      if (what[i].runner.value == "late")
        done->answer[i] = make_error(ec::call_expired);
    return done;
  }

private:
  sizes& calls_;
  const bool& away_;
};

struct fixture : test_coordinator_fixture<> {
  std::shared_ptr<memory_database> db = std::make_shared<memory_database>();
  sizes calls;
  bool away = false;
  std::size_t told = 0; ///< events
  counter_board_ptr counters = std::make_shared<counter_board>();
  failed_task_payload_actor payload =
      sys.spawn([this](failed_task_payload_actor::pointer) {
        return test::only_hears([this](const events_committed& what) {
          told += what.events.size();
        });
      });
  task_commands_actor commands =
      sys.spawn(task_commands, store(), payload, counters);
  claim_dispatcher_actor claims =
      sys.spawn(claim_dispatcher, store(), payload, counters);
  std::size_t answered = 0;
  std::vector<ec> errors;

  fixture() { run(); }

  ~fixture() override {
    anon_send_exit(commands, caf::exit_reason::user_shutdown);
    anon_send_exit(claims, caf::exit_reason::user_shutdown);
    run();
  }

  std::unique_ptr<memory_task_store> store() {
    return std::make_unique<counting_store>(db, calls, away);
  }

  template <class Answer, class To, class Ask> void ask(To to, Ask what) {
    sys.spawn([this, to,
               what = std::move(what)](caf::event_based_actor* client) {
      client->request(to, caf::infinite, what)
          .then([this](const Answer&) { ++answered; },
                [this](const caf::error& x) { errors.push_back(code_of(x)); });
    });
  }

  void create(const std::string& kind) {
    create_task what;
    what.task.id = task_id{make_uuid_v7()};
    what.task.kind = kind;
    ask<task_created>(commands, what);
  }

  void claim(const std::string& runner, std::uint32_t limit = 1) {
    claim_tasks what;
    what.runner = {runner};
    what.limit = limit;
    ask<tasks_claimed>(claims, what);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(gathered_calls_tests, fixture)

CAF_TEST(creates and claims that arrive together are one call of the store) {
  for (int i = 0; i < 40; ++i)
    create("k");
  run();
  for (int i = 0; i < 30; ++i)
    claim("r" + std::to_string(i));
  run();
  CAF_CHECK_EQUAL(calls, (sizes{40, 30}));
  CAF_CHECK_EQUAL(answered, 70u);
  CAF_CHECK_EQUAL(told, 70u);
}

CAF_TEST(so many go into one call and no more) {
  constexpr auto most = task_commands_state::most_at_once;
  for (std::size_t i = 0; i < most + 3; ++i)
    create("k");
  run();
  CAF_CHECK_EQUAL(calls, (sizes{most, 3}));
  calls.clear();
  for (int i = 0; i < 5; ++i)
    claim("r", 90);
  run();
  CAF_CHECK_EQUAL(calls, (sizes{2, 2, 1})); // by the tasks that they may take
  CAF_CHECK_EQUAL(answered, most + 8);
}

CAF_TEST(a create that the database refuses fails alone) {
  create("good");
  create("bad");
  create("fine");
  run();
  CAF_CHECK_EQUAL(answered, 2u);
  CAF_CHECK_EQUAL(errors, std::vector{ec::invalid_field});
  CAF_CHECK_EQUAL(told, 2u);
}

CAF_TEST(a database that is away is told to all) {
  away = true;
  create("a");
  create("b");
  run();
  CAF_CHECK_EQUAL(calls.size(), 1u);
  CAF_CHECK_EQUAL(errors, (std::vector{ec::database_unavailable,
                                       ec::database_unavailable}));
}

CAF_TEST(a claim whose time is over is counted and others are answered) {
  claim("late");
  claim("here");
  run();
  CAF_CHECK_EQUAL(answered, 1u);
  CAF_CHECK_EQUAL(errors, std::vector{ec::call_expired});
  CAF_CHECK_EQUAL(counters->read(counter::abandoned_calls_total, "claim_tasks"),
                  1.0);
}

CAF_TEST(calls that wait when the actor ends are answered) {
  create("a");
  claim("r");
  for (int i = 0; i < 4; ++i)
    consume_message(); // the clients asked, and were heard; nothing is flushed
  anon_send_exit(commands, caf::exit_reason::user_shutdown);
  anon_send_exit(claims, caf::exit_reason::user_shutdown);
  run();
  CAF_CHECK_EQUAL(answered + errors.size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
