// libs: telltale_event_stream
#define CAF_SUITE unit.event_stream

#include <chrono>
#include <limits>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/event_stream/event_stream.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

published_event event_at(std::int64_t position) {
  published_event event;
  event.position = position;
  event.type = event_type::task_failed;
  event.envelope = std::to_string(position);
  return event;
}

std::vector<std::int64_t>
positions(const std::vector<published_event>& events) {
  std::vector<std::int64_t> list;
  for (const auto& event : events)
    list.push_back(event.position);
  return list;
}

using positions_t = std::vector<std::int64_t>;
using limits = event_stream_state;

/// The log, as the store has it.
struct fake_log {
  std::vector<published_event> events;
  int reads = 0;
  int bare_reads = 0;  ///< those without envelopes
  bool wanted = false; ///< envelopes are
  bool broken = false;
};

failed_task_payload_actor::behavior_type
fake_store(failed_task_payload_actor::pointer, fake_log* log) {
  return {[](const events_committed&) {},
          [](const take_deliveries&) { return deliveries_taken{}; },
          [=](const read_events& what) -> caf::result<events_read> {
            ++log->reads;
            log->bare_reads += what.envelopes ? 0 : 1;
            if (log->broken)
              return make_error(ec::database_unavailable);
            events_read read;
            for (const auto& event : log->events)
              if (event.position > what.after
                  && read.events.size() < what.limit) {
                read.events.push_back(event);
                if (!what.envelopes)
                  read.events.back().envelope.clear();
              }
            if (!log->events.empty()) {
              read.newest = log->events.back().position;
              read.oldest = log->events.front().position;
            }
            return read;
          },
          [=](const envelopes_wanted& what) { log->wanted = what.wanted; },
          [](const options_changed<payload_peers>&) {}};
}

event_listener_actor::behavior_type listener(event_listener_actor::pointer,
                                             positions_t* heard, int* told) {
  return {[=](const events_published& news) {
    ++*told;
    for (const auto& event : news.events)
      heard->push_back(event.position);
  }};
}

struct fixture : test_coordinator_fixture<> {
  fake_log log;
  positions_t heard;
  int told = 0; ///< messages
  counter_board_ptr counters = std::make_shared<counter_board>();
  failed_task_payload_actor store = sys.spawn(fake_store, &log);
  event_listener_actor ear = sys.spawn(listener, &heard, &told);
  event_stream_actor stream;

  void start() {
    config::events_config options;
    options.buffer = 16;
    options.poll = 1s;
    stream = sys.spawn(event_stream, store, options, counters);
    settle();
  }

  void settle() {
    while (consume_message()) {
    }
  }

  ~fixture() override {
    for (auto what :
         {caf::actor_cast<caf::actor>(stream),
          caf::actor_cast<caf::actor>(store), caf::actor_cast<caf::actor>(ear)})
      if (what)
        self->send_exit(what, caf::exit_reason::user_shutdown);
    settle();
  }

  void commit(std::int64_t first, std::int64_t last) {
    for (auto at = first; at <= last; ++at)
      log.events.push_back(event_at(at));
  }

  void announce(std::int64_t first, std::int64_t last) {
    events_published news;
    for (auto at = first; at <= last; ++at)
      news.events.push_back(event_at(at));
    self->send(stream, news);
    settle();
  }

  /// What was gathered passes on.
  void wait_a_moment() {
    advance_time(limits::pass_pause);
    settle();
  }

  events_read subscribe(std::int64_t after, bool envelopes = true) {
    auto request = self->request(stream, caf::infinite,
                                 subscribe_events{after, ear, 500, envelopes});
    settle();
    events_read result;
    request.receive([&](const events_read& read) { result = read; },
                    [&](caf::error& error) { CAF_FAIL(explain(error)); });
    return result;
  }
};

} // namespace

CAF_TEST(the replay buffer leaves out no event and never holds too much) {
  replay_buffer buffer{3};
  CAF_CHECK(!buffer.after(0, 10));
  for (std::int64_t at = 5; at <= 9; ++at)
    buffer.push(event_at(at), at - 1);
  CAF_CHECK_EQUAL(buffer.oldest(), 7);
  CAF_CHECK_EQUAL(buffer.newest(), 9);
  CAF_CHECK_EQUAL(positions(*buffer.after(6, 10)), (positions_t{7, 8, 9}));
  CAF_CHECK_EQUAL(positions(*buffer.after(7, 1)), (positions_t{8}));
  CAF_CHECK_EQUAL(positions(*buffer.after(9, 10)), positions_t{});
  CAF_CHECK(!buffer.after(5, 10));
  CAF_CHECK(!buffer.after(10, 10));
  CAF_MESSAGE("an event may be missing before this one");
  buffer.push(event_at(20), 15);
  CAF_CHECK_EQUAL(buffer.size(), 1u);
  CAF_CHECK(!buffer.after(9, 10));
  CAF_CHECK_EQUAL(positions(*buffer.after(15, 10)), (positions_t{20}));
  CAF_MESSAGE("nor an event that only the log can tell");
  auto bare = event_at(21);
  bare.envelope.clear();
  buffer.push(bare, 20);
  CAF_CHECK(!buffer.after(19, 10));
  CAF_CHECK(!buffer.after(20, 10));
  buffer.push(event_at(22), 21);
  CAF_CHECK(!buffer.after(20, 10));
  CAF_CHECK_EQUAL(positions(*buffer.after(21, 10)), (positions_t{22}));
}

CAF_TEST(the replay buffer keeps positions with gaps) {
  replay_buffer buffer{4};
  std::int64_t before = 2;
  for (const std::int64_t at : {7, 8, 30, 31, 90})
    buffer.push(event_at(at), std::exchange(before, at));
  CAF_CHECK_EQUAL(buffer.size(), 4u);
  CAF_CHECK(!buffer.after(6, 10));
  CAF_CHECK_EQUAL(positions(*buffer.after(7, 10)),
                  (positions_t{8, 30, 31, 90}));
  CAF_CHECK_EQUAL(positions(*buffer.after(15, 1)), (positions_t{30}));
  CAF_CHECK_EQUAL(positions(*buffer.after(30, 10)), (positions_t{31, 90}));
  CAF_CHECK_EQUAL(positions(*buffer.after(89, 10)), (positions_t{90}));
  CAF_CHECK_EQUAL(positions(*buffer.after(90, 10)), positions_t{});
  CAF_CHECK(!buffer.after(91, 10));
}

CAF_TEST(the replay buffer is bounded in bytes) {
  replay_buffer buffer{1'000};
  for (std::int64_t at = 1; at <= 100; ++at) {
    auto event = event_at(at);
    event.envelope.assign(1'000'000, 'x');
    buffer.push(std::move(event), at - 1);
  }
  CAF_CHECK_EQUAL(buffer.size(), 16u);
  CAF_CHECK_EQUAL(buffer.oldest(), 85);
  CAF_CHECK_EQUAL(positions(*buffer.after(84, 1)), (positions_t{85}));
}

CAF_TEST_FIXTURE_SCOPE(event_stream_tests, fixture)

CAF_TEST(news pass on at once and without asking the store) {
  commit(1, 3);
  start();
  CAF_CHECK_EQUAL(subscribe(-1).newest, 3);
  const auto reads = log.reads;
  announce(4, 6);
  CAF_CHECK_EQUAL(heard, (positions_t{4, 5, 6}));
  CAF_CHECK_EQUAL(log.reads, reads);
}

CAF_TEST(a busy time gathers events and none waits longer than a pause) {
  start();
  subscribe(-1);
  wait_a_moment();
  const auto timers = counters->read(counter::timers, "event-stream");
  announce(1, 1);
  CAF_CHECK_EQUAL(heard, (positions_t{1}));
  for (std::int64_t at = 2; at <= 9; ++at)
    announce(at, at);
  CAF_CHECK_EQUAL(heard, (positions_t{1}));
  CAF_CHECK_EQUAL(counters->read(counter::timers, "event-stream"), timers + 1);
  const auto messages = told;
  wait_a_moment();
  CAF_CHECK_EQUAL(told, messages + 1);
  CAF_CHECK_EQUAL(heard, (positions_t{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  CAF_MESSAGE("no tick stays, and what comes after a pause passes on at once");
  CAF_CHECK_EQUAL(counters->read(counter::timers, "event-stream"), timers);
  wait_a_moment();
  announce(10, 10);
  CAF_CHECK_EQUAL(heard.back(), 10);
  CAF_MESSAGE("a page passes on at once");
  announce(11, 10 + limits::page);
  CAF_CHECK_EQUAL(heard.back(), 10 + limits::page);
}

CAF_TEST(a subscriber that comes while events are gathered misses none) {
  start();
  subscribe(-1);
  wait_a_moment();
  announce(1, 1);
  announce(2, 3);
  CAF_CHECK_EQUAL(positions(subscribe(1).events), (positions_t{2, 3}));
  wait_a_moment();
  CAF_CHECK_EQUAL(heard, (positions_t{1, 2, 3}));
}

CAF_TEST(what was gathered without envelopes passes before who needs them is
             answered) {
  start();
  subscribe(-1, false);
  wait_a_moment();
  announce(1, 1);
  announce(2, 2);
  CAF_CHECK_EQUAL(heard, (positions_t{1}));
  subscribe(2, true);
  CAF_CHECK_EQUAL(heard, (positions_t{1, 2}));
}

CAF_TEST(a gap is filled from the store before anything passes on) {
  commit(1, 3);
  start();
  subscribe(-1);
  commit(4, 7);
  announce(6, 7);
  CAF_CHECK_EQUAL(heard, (positions_t{4, 5, 6, 7}));
}

CAF_TEST(what was heard before is not passed on again) {
  start();
  subscribe(-1);
  commit(1, 4);
  const auto reads = log.reads;
  announce(1, 3);
  announce(2, 4);
  announce(1, 4);
  wait_a_moment();
  CAF_CHECK_EQUAL(log.reads, reads);
  CAF_CHECK_EQUAL(heard, (positions_t{1, 2, 3, 4}));
}

CAF_TEST(the poll finds what other replicas published) {
  start();
  subscribe(-1);
  commit(1, 1200);
  advance_time(1s);
  settle();
  wait_a_moment(); // the last page is not full
  CAF_REQUIRE_EQUAL(heard.size(), 1200u);
  CAF_CHECK_EQUAL(heard.front(), 1);
  CAF_CHECK_EQUAL(heard.back(), 1200);
}

CAF_TEST(a subscriber resumes from memory and from the store) {
  start();
  commit(1, 40);
  announce(1, 40);
  const auto reads = log.reads;
  CAF_CHECK_EQUAL(positions(subscribe(38).events), (positions_t{39, 40}));
  CAF_CHECK_EQUAL(log.reads, reads);
  CAF_CHECK_EQUAL(subscribe(2).events.size(), 38u);
  CAF_CHECK_EQUAL(log.reads, reads + 1);
  CAF_CHECK_EQUAL(subscribe(40).events.size(), 0u);
  wait_a_moment();
  announce(41, 41);
  CAF_CHECK_EQUAL(heard, (positions_t{41}));
}

CAF_TEST(a busy replica costs ten reads a second however often it speaks) {
  start();
  subscribe(-1);
  const auto reads = log.reads;
  std::int64_t last = 0;
  for (int i = 0; i < 500; ++i) {
    commit(last + 1, last + 3);
    last += 3;
    self->send(stream, replica_published{});
    self->send(stream, replica_published{});
    advance_time(20ms);
    settle();
    CAF_REQUIRE(counters->read(counter::timers, "event-stream") <= 2);
  }
  // Ten seconds; each read that found something looks whether there is more.
  CAF_CHECK(log.reads - reads <= 220);
  advance_time(1s);
  settle();
  CAF_CHECK_EQUAL(heard.size(), 1500u);
  CAF_MESSAGE("and nothing once it is quiet but the poll");
  const auto quiet = log.reads;
  const auto ticks =
      counters->read(counter::actor_messages_total, "event-stream");
  for (int i = 0; i < 100; ++i) {
    advance_time(100ms);
    settle();
  }
  CAF_CHECK_EQUAL(log.reads - quiet, 10);
  CAF_CHECK(counters->read(counter::actor_messages_total, "event-stream")
                - ticks
            <= 12);
  CAF_CHECK_EQUAL(counters->read(counter::timers, "event-stream"), 1);
}

CAF_TEST(the first word of another replica is followed at once) {
  start();
  subscribe(-1);
  advance_time(500ms);
  settle();
  commit(1, 2);
  self->send(stream, replica_published{});
  settle();
  CAF_CHECK_EQUAL(heard, (positions_t{1, 2}));
}

CAF_TEST(envelopes are read only while a listener needs them) {
  start();
  subscribe(-1, false);
  const auto bare = log.bare_reads;
  commit(1, 2);
  advance_time(1s);
  settle();
  CAF_CHECK(log.bare_reads > bare);
  CAF_MESSAGE("what passed without is read again for who asks");
  CAF_CHECK_EQUAL(subscribe(0).events.at(0).envelope, "1");
  const auto before = log.bare_reads;
  commit(3, 3);
  advance_time(1s);
  settle();
  CAF_CHECK_EQUAL(log.bare_reads, before);
  CAF_CHECK_EQUAL(heard, (positions_t{1, 2, 3}));
}

CAF_TEST(a broken store delays news and loses none) {
  start();
  subscribe(-1);
  log.broken = true;
  commit(1, 5);
  announce(4, 5);
  CAF_CHECK_EQUAL(heard, positions_t{});
  log.broken = false;
  advance_time(1s);
  settle();
  CAF_CHECK_EQUAL(heard, (positions_t{1, 2, 3, 4, 5}));
}

CAF_TEST(early subscribers are answered once the log was read) {
  log.broken = true;
  start();
  auto request =
      self->request(stream, caf::infinite, subscribe_events{-1, ear});
  settle();
  log.broken = false;
  commit(1, 2);
  advance_time(1s);
  settle();
  request.receive(
      [&](const events_read& read) { CAF_CHECK_EQUAL(read.newest, 2); },
      [&](caf::error& error) { CAF_FAIL(explain(error)); });
  announce(3, 3);
  CAF_CHECK_EQUAL(heard, (positions_t{3}));
}

CAF_TEST_FIXTURE_SCOPE_END()
