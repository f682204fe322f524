// libs: telltale_persistence telltale_memory_store
#define CAF_SUITE unit.heartbeat_store

#include <memory>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/stores/heartbeat_store.hpp"
#include "tests/support/memory_task_store.hpp"

#include "tests/support/checks.hpp"
#include "tests/support/deaf_payload.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

/// The memory store, with a count of its calls, and a database that can be
/// away or dislike a runner.
class counting_store final : public memory_task_store {
public:
  counting_store(std::shared_ptr<memory_database> db, std::vector<int>& calls,
                 const bool& away)
      : memory_task_store(std::move(db), task_rules{}), calls_(calls),
        away_(away) {}

  caf::expected<committed<std::vector<heart_beaten>>>
  beat(const std::vector<beat_heart>& what) override {
    calls_.push_back(static_cast<int>(what.size()));
    if (away_)
      return make_error(ec::database_unavailable);
    for (const auto& beat : what)
      if (beat.runner.value == "bad")
        return make_error(ec::invalid_field);
    return memory_task_store::beat(what);
  }

private:
  std::vector<int>& calls_;
  const bool& away_;
};

struct fixture : test_coordinator_fixture<> {
  std::shared_ptr<memory_database> db = std::make_shared<memory_database>();
  std::vector<int> calls;
  bool away = false;
  heartbeat_store_actor uut;
  std::vector<heart_beaten> heard;
  std::vector<ec> errors;

  fixture() {
    uut = sys.spawn(
        heartbeat_store, std::make_unique<counting_store>(db, calls, away),
        sys.spawn(test::deaf_payload), std::make_shared<counter_board>());
    settle();
  }

  ~fixture() override {
    self->send_exit(uut, caf::exit_reason::user_shutdown);
    settle();
  }

  void settle() {
    while (consume_message()) {
    }
  }

  void beat(const std::string& runner, std::vector<held_task> tasks = {}) {
    sys.spawn([this, what = beat_heart{{runner}, std::move(tasks)}](
                  caf::event_based_actor* client) {
      client->request(uut, caf::infinite, what)
          .then([this](const heart_beaten& x) { heard.push_back(x); },
                [this](const caf::error& x) { errors.push_back(code_of(x)); });
    });
  }

  task_id run(const std::string& runner) {
    memory_task_store store{db, task_rules{}};
    create_task what;
    what.task.id = task_id{make_uuid_v7()};
    CAF_REQUIRE(store.create(what));
    CAF_REQUIRE(store.claim({{runner}, {}, 1}));
    return what.task.id;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(heartbeat_store_tests, fixture)

CAF_TEST(heartbeats that arrive together are one call of the store) {
  const auto mine = run("r1");
  const auto theirs = run("r2");
  for (int i = 0; i < 40; ++i)
    beat("idle-" + std::to_string(i));
  beat("r1", {{mine, 1}, {theirs, 1}});
  beat("r2", {{theirs, {}}});
  settle();
  CAF_CHECK_EQUAL(calls, std::vector<int>{42});
  CAF_REQUIRE_EQUAL(heard.size(), 42u);
  CAF_CHECK_EQUAL(heard[40].stop, std::vector{theirs});
  CAF_CHECK(heard[41].stop.empty());
  CAF_CHECK(heard[0].runner_returned);
  CAF_CHECK(!heard[40].runner_returned);
  CAF_CHECK_EQUAL(heard[41].lease_expires_at, db->now + 60s);
}

CAF_TEST(so many heartbeats go into one call and no more) {
  for (std::size_t i = 0; i < heartbeat_store_state::most_at_once + 3; ++i)
    beat("r" + std::to_string(i));
  settle();
  CAF_CHECK_EQUAL(
      calls, (std::vector<int>{
                 static_cast<int>(heartbeat_store_state::most_at_once), 3}));
  CAF_CHECK_EQUAL(heard.size(), heartbeat_store_state::most_at_once + 3);
}

CAF_TEST(a heartbeat that the database refuses fails alone) {
  beat("good");
  beat("bad");
  beat("fine");
  settle();
  CAF_CHECK_EQUAL(heard.size(), 2u);
  CAF_CHECK_EQUAL(errors, std::vector{ec::invalid_field});
}

CAF_TEST(a database that is away is told to all who beat) {
  away = true;
  beat("a");
  beat("b");
  settle();
  CAF_CHECK_EQUAL(errors, (std::vector{ec::database_unavailable,
                                       ec::database_unavailable}));
  CAF_CHECK_EQUAL(calls.size(), 1u);
  away = false;
  beat("a");
  settle();
  CAF_CHECK_EQUAL(heard.size(), 1u);
}

CAF_TEST(heartbeats that wait when the actor ends are answered) {
  beat("a");
  beat("b");
  for (int i = 0; i < 2; ++i)
    consume_message(); // both are heard, none is committed
  self->send_exit(uut, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK_EQUAL(errors, (std::vector{ec::database_unavailable,
                                       ec::database_unavailable}));
  CAF_CHECK(calls.empty());
}

CAF_TEST(rules that a reload brings hold from the next heartbeat on) {
  run("r1");
  task_rules rules;
  rules.lease = 300s;
  self->send(uut, options_changed<task_rules_ptr>{
                      std::make_shared<const task_rules>(rules)});
  beat("r1");
  settle();
  CAF_REQUIRE_EQUAL(heard.size(), 1u);
  CAF_CHECK_EQUAL(heard[0].lease_expires_at, db->now + 300s);
}

CAF_TEST_FIXTURE_SCOPE_END()
