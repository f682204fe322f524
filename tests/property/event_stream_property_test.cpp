// libs: telltale_event_stream
#define CAF_SUITE property.event_stream

#include <algorithm>
#include <random>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/event_stream/event_stream.hpp"

#include <caf/test/dsl.hpp>

// Positions with gaps, from several writers, told in any order or not at all:
// listeners hear every event once and in order.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

published_event event_at(std::int64_t position) {
  published_event event;
  event.position = position;
  event.envelope = "{}";
  return event;
}

struct world {
  std::vector<std::int64_t> log;
  std::vector<std::int64_t> heard;
  int reads = 0;
  int chained = 0; ///< news whose `after` is what was heard before
  int news = 0;
};

failed_task_payload_actor::behavior_type
fake_store(failed_task_payload_actor::pointer, world* w) {
  return {[](const events_committed&) {},
          [](const take_deliveries&) { return deliveries_taken{}; },
          [=](const read_events& what) {
            ++w->reads;
            events_read read;
            for (const auto at : w->log)
              if (at > what.after && read.events.size() < what.limit)
                read.events.push_back(event_at(at));
            if (!w->log.empty())
              read.newest = w->log.back();
            return read;
          },
          [](const envelopes_wanted&) {},
          [](const options_changed<payload_peers>&) {}};
}

event_listener_actor::behavior_type listener(event_listener_actor::pointer,
                                             world* w) {
  return {[=](const events_published& told) {
    ++w->news;
    if (told.after == (w->heard.empty() ? 0 : w->heard.back()))
      ++w->chained;
    for (const auto& event : told.events)
      w->heard.push_back(event.position);
  }};
}

struct fixture : test_coordinator_fixture<> {
  void settle() {
    while (consume_message()) {
    }
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(event_stream_properties, fixture)

CAF_TEST(every event is heard once and in order whatever the gaps) {
  std::mt19937 random{20'260'731}; // NOLINT: the same every time
  const auto chance = [&](unsigned of) { return random() % of; };
  for (int round = 0; round < 100; ++round) {
    world w;
    const auto store = sys.spawn(fake_store, &w);
    const auto ear = sys.spawn(listener, &w);
    config::events_config options;
    options.buffer = 16;
    const auto uut =
        sys.spawn(event_stream, store, options, counter_board_ptr{});
    self->send(uut, subscribe_events{-1, ear, 0, true});
    settle();
    std::vector<std::vector<published_event>> untold;
    std::int64_t last = 0;
    int told = 0;
    const auto tell = [&](std::size_t which) {
      self->send(uut, events_published{std::move(untold[which])});
      untold.erase(untold.begin() + static_cast<std::ptrdiff_t>(which));
      ++told;
    };
    for (int step = 0; step < 200; ++step) {
      switch (chance(6)) {
      case 0: // another replica's, of which a word comes
        w.log.push_back(last += 1 + static_cast<std::int64_t>(chance(4)));
        self->send(uut, replica_published{});
        break;
      case 1:
        advance_time(std::chrono::milliseconds{chance(50)});
        break;
      case 2:
      case 3: { // a writer's
        std::vector<published_event> events;
        for (auto i = 1 + chance(5); i > 0; --i) {
          last += 1;
          if (chance(8) == 0) // positions of a transaction that came to naught
            last += 1 + static_cast<std::int64_t>(chance(3));
          w.log.push_back(last);
          events.push_back(event_at(last));
        }
        if (chance(20) != 0) // else: it ends before it can tell
          untold.push_back(std::move(events));
        break;
      }
      default:
        if (!untold.empty())
          tell(chance(static_cast<unsigned>(untold.size())));
      }
      if (chance(2) == 0)
        settle();
    }
    while (!untold.empty())
      tell(0);
    settle();
    advance_time(2s);
    settle();
    advance_time(event_stream_state::pass_pause);
    settle();
    CAF_REQUIRE_EQUAL(w.heard, w.log);
    CAF_REQUIRE_EQUAL(w.chained, w.news);
    // A read for each word that does not follow, and for the polls.
    CAF_REQUIRE(w.reads <= told + 200);
    self->send_exit(uut, caf::exit_reason::user_shutdown);
    settle();
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
