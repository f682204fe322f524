// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.event_positions

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "actors/persistence/postgres/event_positions.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "tests/support/event_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

create_task new_task() {
  create_task request;
  request.task.id.value = make_uuid_v7();
  request.task.kind = "review";
  request.task.title = redacted_text::from_platform("Review change 1");
  request.task.chat_session.value = "s1";
  return request;
}

pending_report say(task_id task, task_status status) {
  pending_report pending;
  pending.ready.task = task;
  pending.ready.status = status;
  if (is_failure(status))
    pending.ready.failure_reason = reason::agent_provider_network;
  return pending;
}

struct position_world : event_world {
  /// A task's events from its making to its end, as the store told them.
  std::vector<committed_event> live(task_store& tasks, task_status end) {
    const auto made = tasks.create(new_task());
    CAF_REQUIRE(made);
    auto all = made->events;
    for (const auto status : {task_status::running, end}) {
      std::vector<pending_report> batch{say(made->answer.task.id, status)};
      auto facts = tasks.apply(batch);
      CAF_REQUIRE(facts);
      CAF_REQUIRE(batch[0].result == ec::none);
      all.insert(all.end(), facts->begin(), facts->end());
    }
    return all;
  }

  std::vector<committed_event> read_all() {
    auto read = log.read(read_events{0, 1000});
    CAF_REQUIRE(read);
    return read->events;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(event_positions_tests, position_world)

CAF_TEST(an event is readable at its position once its transaction is over) {
  auto tasks = make_pg_task_store(options_for(url()));
  const auto facts = live(*tasks, task_status::succeeded);
  CAF_REQUIRE_EQUAL(facts.size(), 3u);
  const auto read = read_all();
  CAF_REQUIRE_EQUAL(read.size(), 3u);
  for (std::size_t i = 0; i < read.size(); ++i) {
    CAF_CHECK_EQUAL(facts[i].position, static_cast<std::int64_t>(i + 1));
    CAF_CHECK_EQUAL(read[i].position, facts[i].position);
    CAF_CHECK(read[i].id == facts[i].id);
    CAF_CHECK(read[i] == facts[i]);
  }
}

CAF_TEST(what a webhook asks for is written for it from then on) {
  auto options = options_for(url());
  options.rules = task_rules{
      .retry = {}, .relays = {hook("hook", {event_type::task_started})}};
  auto tasks = make_pg_task_store(options);
  const auto events = live(*tasks, task_status::succeeded);
  CAF_CHECK(events[0].waiting.empty());
  CAF_CHECK_EQUAL(events[1].waiting, (std::vector<std::string>{"hook"}));
  CAF_CHECK(events[2].waiting.empty());
  tasks->use(task_rules{.retry = {},
                        .relays = {hook("hook", {event_type::task_created})}});
  const auto later = live(*tasks, task_status::succeeded);
  CAF_CHECK_EQUAL(later[0].waiting, (std::vector<std::string>{"hook"}));
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "2");
}

CAF_TEST(a reader misses nothing that replicas write at once) {
  constexpr int replicas = 3;
  constexpr int rounds = 12;
  constexpr int size = 5;
  std::atomic<int> running{replicas};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < replicas; ++i)
    threads.emplace_back([&, this] {
      const auto tasks = make_pg_task_store(options_for(url()));
      for (int round = 0; round < rounds; ++round) {
        std::vector<pending_report> begin;
        std::vector<pending_report> end;
        for (int n = 0; n < size; ++n) {
          const auto made = tasks->create(new_task());
          if (!made) {
            ++failures;
            continue;
          }
          begin.push_back(say(made->answer.task.id, task_status::running));
          end.push_back(
              say(made->answer.task.id,
                  n % 2 == 0 ? task_status::failed : task_status::succeeded));
        }
        const auto first = tasks->apply(begin);
        const auto last = tasks->apply(end);
        if (!first || !last)
          ++failures;
      }
      --running;
    });
  std::int64_t last = 0;
  std::int64_t seen = 0;
  for (bool last_look = false; !last_look;) {
    last_look = running == 0;
    const auto read = log.read(read_events{last, 1000});
    CAF_REQUIRE(read);
    for (const auto& event : read->events) {
      ++seen; // what becomes visible behind a reader is never counted
      last = event.position;
    }
  }
  for (auto& one : threads)
    one.join();
  CAF_CHECK_EQUAL(failures, 0);
  CAF_CHECK_EQUAL(seen, 3 * replicas * rounds * size);
}

CAF_TEST(what was undone leaves a gap that readers pass) {
  auto tasks = make_pg_task_store(options_for(url()));
  CAF_REQUIRE(tasks->create(new_task()));
  {
    pqxx::connection link{url()};
    pqxx::work undone{link};
    undone.exec("SELECT nextval('event_position')");
  }
  CAF_REQUIRE(tasks->create(new_task()));
  const auto read = log.read(read_events{0, 10});
  CAF_REQUIRE(read);
  CAF_REQUIRE_EQUAL(read->events.size(), 2u);
  CAF_CHECK_EQUAL(read->events[0].position, 1);
  CAF_CHECK_EQUAL(read->events[1].position, 3);
  CAF_CHECK_EQUAL(read->oldest, 1);
  CAF_CHECK_EQUAL(read->newest, 3);
}

CAF_TEST(a writer gets its position after who was before it is over) {
  auto tasks = make_pg_task_store(options_for(url()));
  pqxx::connection link{url()};
  auto first = std::make_unique<pqxx::work>(link);
  first->exec("SELECT " + lock_positions);
  std::atomic<bool> over{false};
  std::int64_t given = 0;
  std::thread second{[&] {
    const auto made = tasks->create(new_task());
    given = made ? made->events.at(0).position : 0;
    over = true;
  }};
  while (ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
             " AND NOT granted")
         != "1")
    std::this_thread::yield();
  CAF_CHECK(!over);
  CAF_MESSAGE("it waits without a position of its own");
  const auto mine = first->exec1("SELECT nextval('event_position')")[0];
  CAF_CHECK_EQUAL(mine.as<std::int64_t>(), 1);
  first->commit();
  second.join();
  CAF_CHECK_EQUAL(given, 2);
}

CAF_TEST(a copy without its sequence gives no position twice) {
  auto tasks = make_pg_task_store(options_for(url()));
  for (int i = 0; i < 3; ++i)
    CAF_REQUIRE(tasks->create(new_task()));
  execute("SELECT setval('event_position', 1)");
  CAF_CHECK(migrate(url()).applied.empty());
  const auto next = tasks->create(new_task());
  CAF_REQUIRE(next);
  CAF_CHECK_EQUAL(next->events.at(0).position, 4);
  CAF_MESSAGE("where it is in order it stays as it is");
  execute("SELECT nextval('event_position')");
  CAF_CHECK(migrate(url()).applied.empty());
  CAF_CHECK_EQUAL(ask("SELECT last_value FROM event_position"), "5");
}

CAF_TEST_FIXTURE_SCOPE_END()
