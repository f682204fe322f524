// libs: telltale_readiness
#define CAF_SUITE unit.readiness

#include "actors/readiness/readiness.hpp"

#include <deque>

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

const store_checked good{true, 10, true};
const database_condition::time_point start{};

/// A store that answers when it is told to.
struct scripted_store {
  std::deque<caf::typed_response_promise<store_checked>> waiting;
  std::vector<check_store> asked;
  bool answers = true;
};

task_query_actor::behavior_type store_of(task_query_actor::pointer self,
                                         scripted_store* script) {
  return {[=](const find_task&) {
            // The test says so: a promise is only ever kept by its own actor.
            script->answers = true;
            for (auto& each : std::exchange(script->waiting, {}))
              each.deliver(good);
            return task_found{};
          },
          [](const list_tasks&) { return tasks_listed{}; },
          [](const list_deliveries&) { return deliveries_listed{}; },
          [=](const check_store& what) -> caf::result<store_checked> {
            script->asked.push_back(what);
            if (script->answers)
              return good;
            script->waiting.push_back(
                self->make_response_promise<store_checked>());
            return script->waiting.back();
          }};
}

struct fixture : test_coordinator_fixture<> {
  scripted_store script;
  counter_board_ptr counters = std::make_shared<counter_board>();
  task_query_actor store = sys.spawn(store_of, &script);
  readiness_actor keeper = sys.spawn(readiness, store, good, counters);

  fixture() { settle(); }

  ~fixture() override {
    self->send_exit(keeper, caf::exit_reason::user_shutdown);
    self->send_exit(store, caf::exit_reason::user_shutdown);
    settle();
  }

  void settle() {
    while (consume_message())
      continue;
  }

  void pass(std::chrono::milliseconds time) {
    for (auto step = 0ms; step < time; step += 100ms) {
      advance_time(100ms);
      settle();
    }
  }

  readiness_read ask() {
    auto answer = self->request(keeper, caf::infinite, read_readiness{});
    settle();
    readiness_read got;
    answer.receive([&](const readiness_read& read) { got = read; },
                   [](const caf::error&) {});
    return got;
  }

  void answer_all() {
    caf::anon_send(store, find_task{});
    settle();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(readiness_tests, fixture)

CAF_TEST(the database is asked one question at a time) {
  pass(7s);
  CAF_CHECK_EQUAL(script.asked.size(), 11u);
  script.answers = false;
  pass(60s);
  CAF_CHECK_EQUAL(script.asked.size(), 12u);
  CAF_CHECK_EQUAL(counters->read(counter::timers, "readiness"), 1.0);
}

CAF_TEST(a database that hangs is known within two seconds and told apart) {
  CAF_CHECK(ask().state == database_state::answers);
  script.answers = false;
  pass(1900ms);
  CAF_CHECK(ask().state == database_state::not_answering);
  CAF_CHECK_EQUAL(counters->read(counter::database_stalled), 1.0);
  pass(20s);
  answer_all();
  CAF_CHECK(ask().state == database_state::answers);
  CAF_CHECK_EQUAL(counters->read(counter::database_stalled), 0.0);
}

CAF_TEST(whoever asks hears what the database says now) {
  const auto before = script.asked.size();
  CAF_CHECK(ask().state == database_state::answers);
  CAF_CHECK_EQUAL(script.asked.size(), before + 1);
  script.answers = false;
  auto first = self->request(keeper, caf::infinite, read_readiness{});
  auto second = self->request(keeper, caf::infinite, read_readiness{});
  settle();
  CAF_CHECK_EQUAL(script.asked.size(), before + 2);
  pass(database_condition::patience);
  for (auto* each : {&first, &second}) {
    bool told = false;
    each->receive(
        [&](const readiness_read& read) {
          told = read.state == database_state::not_answering;
        },
        [](const caf::error&) {});
    CAF_CHECK(told);
  }
}

CAF_TEST(a question that is lost is given up and asked again) {
  script.answers = false;
  pass(1s);
  const auto before = script.asked.size();
  pass(readiness_state::lost);
  CAF_CHECK_EQUAL(script.asked.size(), before + 1);
  script.answers = true;
  pass(readiness_state::lost);
  CAF_CHECK(ask().state == database_state::answers);
}

CAF_TEST(a full database is asked for room until it has some) {
  self->send(keeper, database_refused{"53100"});
  settle();
  CAF_CHECK(ask().state == database_state::full);
  CAF_CHECK(ask().explanation.find("disk") != std::string::npos);
  pass(1s);
  CAF_CHECK(script.asked.back().tries_write);
  pass(5s);
  CAF_CHECK(ask().state == database_state::answers);
  CAF_CHECK(!script.asked.back().tries_write);
}

CAF_TEST(relays that are paused are known by name until they go on) {
  const timestamp since{};
  self->send(keeper, relay_paused{{"b", "slack answered invalid_auth", since}});
  self->send(keeper, relay_paused{{"a", "octo answered 401", since}});
  self->send(keeper,
             relay_paused{{"b", "slack answered token_revoked", since}});
  settle();
  CAF_CHECK(ask().paused
            == (std::vector<relay_pause>{
                {"a", "octo answered 401", since},
                {"b", "slack answered token_revoked", since}}));
  self->send(keeper, relay_paused{{"a", "", since}});
  settle();
  CAF_CHECK_EQUAL(ask().paused.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(each outage is told once when it begins and once when it is over) {
  database_condition now{good};
  CAF_CHECK(!now.answered(start, good, false));
  // Known at once, and told when it is more than a machine that is busy.
  CAF_CHECK(!now.waits(start + 2s, start + 1s));
  CAF_CHECK(now.stalled());
  const auto stalled = now.waits(start + 3s, start + 1s);
  CAF_REQUIRE(stalled);
  CAF_CHECK(!stalled->good);
  CAF_CHECK(!now.waits(start + 4s, start + 1s));
  const auto back = now.answered(start + 21s, good, false);
  CAF_REQUIRE(back);
  CAF_CHECK(back->good);
  CAF_CHECK_EQUAL(back->text, "the database answers again after 20.0 s");
  CAF_CHECK(!now.answered(start + 22s, good, false));
}

CAF_TEST(a short wait changes the readiness and is not told) {
  database_condition now{good};
  CAF_CHECK(!now.waits(start + 2s, start + 1s));
  CAF_CHECK(!now.answered(start + 2500ms, good, false));
  CAF_CHECK(now.known().state == database_state::answers);
}

CAF_TEST(a database that hangs and then refuses is told of both) {
  database_condition now{good};
  CAF_CHECK(now.waits(start + 3s, start + 1s));
  CAF_CHECK(now.failed(start + 4s, ec::database_unavailable, "x"));
  CAF_CHECK(!now.failed(start + 5s, ec::database_unavailable, "x"));
  const auto back = now.answered(start + 6s, good, false);
  CAF_REQUIRE(back);
  CAF_CHECK_EQUAL(back->text, "the database can be reached again after 5.0 s");
}

CAF_TEST(a database that is away is told with what it said) {
  database_condition now{good};
  const auto away = now.failed(start, ec::database_unavailable, "SQLSTATE x");
  CAF_REQUIRE(away);
  CAF_CHECK(away->text.find("SQLSTATE x") != std::string::npos);
  CAF_CHECK(!now.failed(start + 1s, ec::database_unavailable, "SQLSTATE x"));
  CAF_CHECK(now.known().state == database_state::unreachable);
  CAF_CHECK(!now.known().store.reachable);
}

CAF_TEST(a full database is told once however many statements it refuses) {
  database_condition now{good};
  CAF_REQUIRE(now.refused(start, "53100"));
  for (int i = 0; i < 100; ++i)
    CAF_CHECK(!now.refused(start + i * 100ms, "53100"));
  // Reads work on a full disk, and a write that works may have been lucky.
  CAF_CHECK(!now.answered(start + 20s, good, false));
  CAF_CHECK(!now.answered(start + 11s, good, true));
  const auto back = now.answered(start + 20s, good, true);
  CAF_REQUIRE(back);
  CAF_CHECK_EQUAL(back->text, "the database has room again after 20.0 s");
}

CAF_TEST(each want of room has its own advice) {
  for (const auto& [state, word] : {std::pair{"53100", "disk"},
                                    {"53200", "memory"},
                                    {"53300", "max_connections"},
                                    {"53400", "limit"},
                                    {"58030", "disk"},
                                    {"53999", "room"}})
    CAF_CHECK(explain_shortage(state).find(word) != std::string::npos);
}
