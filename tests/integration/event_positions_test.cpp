// libs: telltale_failed_task_payload telltale_postgres_fixture
#define CAF_SUITE integration.event_positions

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "actors/failed_task_payload/build.hpp"
#include "actors/persistence/event_positions.hpp"
#include "actors/persistence/migrate.hpp"
#include "tests/support/event_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

std::string envelope_of(const event_facts& facts) {
  const auto built = build_publication(facts, "https://t.example", {});
  return built.head + built.payload + "}";
}

create_task new_task() {
  create_task request;
  request.task.id.value = make_uuid_v7();
  request.task.kind = "review";
  request.task.title = redacted_text::from_platform("Review change 1");
  request.task.chat_session.value = "s1";
  return request;
}

report_flight say(task_id task, task_status status) {
  report_flight flight;
  flight.ready.task = task;
  flight.ready.status = status;
  if (is_failure(status))
    flight.ready.why = reason::agent_provider_network;
  return flight;
}

struct position_world : event_world {
  pg_event_store log{options_for(url()), envelope_of};

  /// A task's events from its making to its end, as the store told them.
  std::vector<event_facts> live(task_store& tasks, task_status end) {
    const auto made = tasks.create(new_task());
    CAF_REQUIRE(made);
    auto all = made->facts;
    for (const auto status : {task_status::running, end}) {
      std::vector<report_flight> batch{say(made->answer.task.id, status)};
      auto facts = tasks.apply(batch);
      CAF_REQUIRE(facts);
      CAF_REQUIRE(batch[0].result == ec::none);
      all.insert(all.end(), facts->begin(), facts->end());
    }
    return all;
  }

  std::vector<published_event> read_all() {
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
    CAF_CHECK(!facts[i].due);
    CAF_CHECK_EQUAL(read[i].position, facts[i].position);
    CAF_CHECK(read[i].id == facts[i].id);
    CAF_CHECK_EQUAL(read[i].envelope, envelope_of(facts[i]));
  }
  CAF_MESSAGE("nothing waits, and to publish them writes nothing");
  CAF_CHECK(log.take(take_unpublished{0ms, 10})->facts.empty());
  const auto told = publish(facts);
  CAF_REQUIRE_EQUAL(told.events.size(), 3u);
  CAF_CHECK_EQUAL(told.events[2].position, 3);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events WHERE payload IS NOT NULL"),
                  "0");
}

CAF_TEST(a failure reads the same before and after it is published) {
  bind("s1", "chats", "c1");
  auto tasks = make_pg_task_store(options_for(url()));
  const auto facts = live(*tasks, task_status::failed);
  const auto before = read_all();
  CAF_REQUIRE_EQUAL(before.size(), 3u);
  CAF_MESSAGE("a crash here leaves it to the next look");
  const auto waiting = log.take(take_unpublished{0ms, 10});
  CAF_REQUIRE(waiting);
  CAF_REQUIRE_EQUAL(waiting->facts.size(), 1u);
  CAF_CHECK(waiting->facts[0] == facts[2]);
  CAF_CHECK(waiting->facts[0].due);
  publish_events request;
  request.events.push_back(
      build_publication(waiting->facts[0], "https://t.example", {}));
  const auto stored = log.publish(request);
  CAF_REQUIRE(stored);
  CAF_REQUIRE_EQUAL(stored->events.size(), 1u);
  CAF_CHECK_EQUAL(stored->events[0].position, 3);
  CAF_CHECK_EQUAL(stored->due_relays.size(), 1u);
  const auto after = read_all();
  CAF_REQUIRE_EQUAL(after.size(), 3u);
  CAF_CHECK_EQUAL(after[2].envelope, before[2].envelope);
  CAF_CHECK_EQUAL(after[2].envelope, stored->events[0].envelope);
  CAF_CHECK(log.take(take_unpublished{0ms, 10})->facts.empty());
  CAF_MESSAGE("another replica comes second and finds it done");
  CAF_CHECK(store.publish(request)->events.empty());
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "1");
  CAF_MESSAGE("the chat is told the same bytes, which nobody stored");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events WHERE payload IS NOT NULL"),
                  "0");
  const auto taken = log.take(take_deliveries{"chats", 16, 60s});
  CAF_REQUIRE(taken);
  CAF_REQUIRE_EQUAL(taken->due.size(), 1u);
  CAF_CHECK_EQUAL(taken->due[0].envelope, before[2].envelope);
  CAF_CHECK_EQUAL(taken->due[0].payload, request.events[0].payload);
}

CAF_TEST(what a program of before left due is published with its row) {
  bind("s1", "chats", "c1");
  auto tasks = make_pg_task_store(options_for(url()));
  const auto facts = live(*tasks, task_status::failed);
  execute("DELETE FROM events_due");
  execute("UPDATE events SET due = true WHERE type = 'task:failed'");
  const auto waiting = log.take(take_unpublished{0ms, 10});
  CAF_REQUIRE(waiting);
  CAF_REQUIRE_EQUAL(waiting->facts.size(), 1u);
  CAF_CHECK(waiting->facts[0] == facts[2]);
  CAF_MESSAGE("while nobody follows the stream, without a word");
  const auto stored = log.publish({{address(waiting->facts[0], {})}});
  CAF_REQUIRE(stored);
  CAF_CHECK_EQUAL(stored->events.size(), 1u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events WHERE due"), "0");
  CAF_CHECK(log.take(take_unpublished{0ms, 10})->facts.empty());
  const auto taken = log.take(take_deliveries{"chats", 16, 60s});
  CAF_REQUIRE(taken);
  CAF_REQUIRE_EQUAL(taken->due.size(), 1u);
  CAF_CHECK_EQUAL(taken->due[0].envelope, envelope_of(facts[2]));
}

CAF_TEST(a failure that nobody is told is written once) {
  auto options = options_for(url());
  auto tasks = make_pg_task_store(options);
  auto quiet = new_task();
  quiet.task.chat_session = {};
  const auto made = tasks->create(quiet);
  CAF_REQUIRE(made);
  std::vector<report_flight> batch{
      say(made->answer.task.id, task_status::failed)};
  const auto facts = tasks->apply(batch);
  CAF_REQUIRE(facts);
  CAF_REQUIRE_EQUAL(facts->size(), 1u);
  CAF_CHECK(!facts->front().due);
  CAF_CHECK(log.take(take_unpublished{0ms, 10})->facts.empty());
  const auto read = read_all();
  CAF_CHECK_EQUAL(read.back().envelope, envelope_of(facts->front()));
  CAF_MESSAGE("a webhook is told of it all the same");
  options.told->replace({event_type::task_failed});
  quiet.task.id.value = make_uuid_v7();
  const auto next = tasks->create(quiet);
  CAF_REQUIRE(next);
  batch = {say(next->answer.task.id, task_status::failed)};
  const auto told = tasks->apply(batch);
  CAF_REQUIRE(told);
  CAF_CHECK(told->at(0).due);
}

CAF_TEST(what a webhook asks for is due from then on) {
  auto options = options_for(url());
  options.told->replace({event_type::task_started});
  auto tasks = make_pg_task_store(options);
  const auto facts = live(*tasks, task_status::succeeded);
  CAF_CHECK(facts[1].due);
  CAF_CHECK(!facts[2].due);
  const auto waiting = [this] {
    return ask("SELECT coalesce(string_agg(type, ' '), '') FROM events_due "
               "JOIN events USING (position)");
  };
  CAF_CHECK_EQUAL(waiting(), "task:started");
  publish(facts);
  CAF_CHECK_EQUAL(waiting(), "");
}

CAF_TEST(an event that a program of before left gets the next position) {
  const auto old = committed_facts(event_type::task_started, "");
  auto tasks = make_pg_task_store(options_for(url()));
  CAF_REQUIRE(tasks->create(new_task()));
  CAF_REQUIRE_EQUAL(read_all().size(), 1u);
  const auto told = publish({old});
  CAF_REQUIRE_EQUAL(told.events.size(), 1u);
  CAF_CHECK_EQUAL(told.events[0].position, 2);
  CAF_REQUIRE(tasks->create(new_task()));
  const auto read = read_all();
  CAF_REQUIRE_EQUAL(read.size(), 3u);
  CAF_CHECK(read[1].id == old.id);
  CAF_CHECK_EQUAL(read[2].position, 3);
}

CAF_TEST(a reader misses nothing that replicas write and publish at once) {
  constexpr int replicas = 3;
  constexpr int rounds = 12;
  constexpr int size = 5;
  std::atomic<int> running{replicas};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < replicas; ++i)
    threads.emplace_back([&, this] {
      const auto tasks = make_pg_task_store(options_for(url()));
      pg_event_store own{options_for(url())};
      for (int round = 0; round < rounds; ++round) {
        std::vector<report_flight> begin;
        std::vector<report_flight> end;
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
        publish_events request;
        if (first && last)
          for (const auto& facts : *last)
            request.events.push_back(prepare(facts));
        if (!first || !last || !own.publish(request))
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
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events_due"), "0");
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
    given = made ? made->facts.at(0).position : 0;
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
  CAF_CHECK_EQUAL(next->facts.at(0).position, 4);
  CAF_MESSAGE("where it is in order it stays as it is");
  execute("SELECT nextval('event_position')");
  CAF_CHECK(migrate(url()).applied.empty());
  CAF_CHECK_EQUAL(ask("SELECT last_value FROM event_position"), "5");
}

CAF_TEST_FIXTURE_SCOPE_END()
