// libs: telltale_gateway
#define CAF_SUITE unit.event_sessions

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "actors/gateway/event_sessions.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

using page = event_sessions::page;
using positions_t = std::vector<std::int64_t>;

/// A client that takes what it is sent when the test says so.
struct recording_stream : http::stream {
  bool write(std::string chunk) override {
    if (!reads)
      untaken += chunk.size();
    most_untaken = std::max(most_untaken, untaken);
    text += chunk;
    return open;
  }
  std::size_t unsent() const override { return untaken; }
  bool is_stalled() const override { return stalled; }
  void close() override { open = false; }

  /// The positions of the events that it got, in their order.
  [[nodiscard]] positions_t positions() const {
    positions_t got;
    for (auto at = text.find("id: "); at != std::string::npos;
         at = text.find("id: ", at + 1))
      got.push_back(std::stoll(text.substr(at + 4, 20)));
    return got;
  }

  std::string text;
  std::size_t untaken = 0;
  std::size_t most_untaken = 0;
  bool reads = true;
  bool stalled = false;
  bool open = true;
};

published_event event_at(std::int64_t position, std::size_t size = 8) {
  published_event event;
  event.position = position;
  event.type = event_type::task_failed;
  event.envelope.assign(size, 'x');
  return event;
}

events_published news(std::vector<published_event> events,
                      std::int64_t after = -1) {
  return {std::move(events), after};
}

} // namespace

CAF_TEST(an event is one frame) {
  auto event = event_at(7);
  event.envelope = "{\"n\":7}";
  CAF_CHECK_EQUAL(sse_frame(event),
                  "id: 7\nevent: task:failed\ndata: {\"n\":7}\n\n");
  event.envelope = "{\r\n}";
  CAF_CHECK_EQUAL(sse_frame(event),
                  "id: 7\nevent: task:failed\ndata: {\ndata: }\n\n");
}

CAF_TEST(an event stream resumes without gap or repeat) {
  event_sessions sessions;
  sessions.note_newest(3);
  const auto out = std::make_shared<recording_stream>();
  const auto id = sessions.next_key();
  CAF_CHECK(sessions.open(out, 1, false) == (page{id, 1}));
  CAF_MESSAGE("news that come while history is on its way wait in the log");
  sessions.publish({event_at(4)});
  CAF_CHECK_EQUAL(out->text, "");
  CAF_CHECK(sessions.replay(id, {event_at(2), event_at(3)}, 3)
            == (page{id, 3}));
  sessions.publish({event_at(5)});
  CAF_CHECK(!sessions.replay(id, {event_at(4), event_at(5)}, 5));
  sessions.publish({event_at(5), event_at(6)});
  CAF_CHECK_EQUAL(out->positions(), (positions_t{2, 3, 4, 5, 6}));
}

CAF_TEST(news that leave something out are told from news that follow) {
  event_sessions sessions;
  sessions.note_newest(3);
  CAF_CHECK(!sessions.leaves_gap(3));
  CAF_CHECK(!sessions.leaves_gap(2));
  CAF_CHECK(sessions.leaves_gap(4));
  CAF_CHECK(!sessions.leaves_gap(news({})));
  CAF_CHECK(!sessions.leaves_gap(news({event_at(4), event_at(5)})));
  CAF_CHECK(sessions.leaves_gap(news({event_at(5)})));
  CAF_MESSAGE("a position that was never used is no event that was missed");
  CAF_CHECK(!sessions.leaves_gap(news({event_at(9), event_at(12)}, 3)));
  CAF_CHECK(!sessions.leaves_gap(news({event_at(9)}, 2)));
  CAF_CHECK(sessions.leaves_gap(news({event_at(9)}, 7)));
  const auto id = sessions.next_key();
  CAF_CHECK(!sessions.open(std::make_shared<recording_stream>(), 3, true));
  CAF_CHECK(sessions.stall() == (std::vector<page>{{id, 3}}));
  CAF_CHECK(sessions.stall().empty());
}

CAF_TEST(a stream that asks for too much hears what comes) {
  event_sessions sessions;
  const auto out = std::make_shared<recording_stream>();
  const auto ahead = sessions.open(out, 100, false);
  CAF_CHECK(!sessions.replay(ahead->session, {}, 7));
  sessions.publish({event_at(8)});
  CAF_CHECK_EQUAL(out->positions(), positions_t{8});
  CAF_MESSAGE("an answer older than the news says nothing about them");
  const auto late = sessions.open(out, 7, false);
  CAF_CHECK(sessions.replay(late->session, {}, 7) == late);
  out->open = false;
  sessions.publish({event_at(9)});
  CAF_CHECK_EQUAL(sessions.size(), 1u);
}

CAF_TEST(who does not read is written no more and reads on from the log) {
  event_sessions sessions;
  const auto slow = std::make_shared<recording_stream>();
  const auto quick = std::make_shared<recording_stream>();
  const auto id = sessions.next_key();
  sessions.open(slow, 0, true);
  sessions.open(quick, 0, true);
  slow->reads = false;
  for (std::int64_t at = 1; at <= 100; ++at)
    sessions.publish({event_at(at, 10'000)});
  CAF_CHECK_EQUAL(quick->positions().size(), 100u);
  CAF_CHECK(slow->untaken < event_sessions::most_unsent + 11'000);
  const auto had = slow->positions().back();
  CAF_CHECK(had < 30);
  CAF_MESSAGE("a word that came too early changes nothing");
  CAF_CHECK(!sessions.resume(id));
  slow->untaken = 0;
  const auto needed = sessions.resume(id);
  CAF_REQUIRE(needed);
  CAF_CHECK(*needed == (page{id, had}));
  CAF_CHECK(!sessions.resume(id));
  CAF_MESSAGE("a page that is too large is taken as far as there is room");
  std::vector<published_event> rest;
  for (auto at = had + 1; at <= 100; ++at)
    rest.push_back(event_at(at, 10'000));
  CAF_CHECK(!sessions.replay(id, rest, 100));
  CAF_CHECK(slow->untaken < event_sessions::most_unsent + 11'000);
  slow->untaken = 0;
  const auto smaller = sessions.resume(id);
  CAF_REQUIRE(smaller);
  CAF_CHECK(smaller->limit < 30);
  CAF_CHECK_EQUAL(smaller->after, slow->positions().back());
}

CAF_TEST(the gauge follows every way in which a session ends) {
  const auto counters = std::make_shared<counter_board>();
  const auto gauge = [&] { return counters->read(counter::event_subscribers); };
  {
    event_sessions sessions;
    sessions.observe(counters);
    std::vector<std::shared_ptr<recording_stream>> outs;
    std::vector<event_sessions::key> keys;
    for (int i = 0; i < 6; ++i) {
      outs.push_back(std::make_shared<recording_stream>());
      keys.push_back(sessions.next_key());
      sessions.open(outs.back(), 0, i < 3);
    }
    CAF_CHECK_EQUAL(gauge(), 6);
    CAF_CHECK(!sessions.forget(keys[0]));
    CAF_CHECK(!sessions.forget(keys[0]));
    CAF_CHECK_EQUAL(gauge(), 5);
    outs[1]->open = false;
    sessions.publish({event_at(1)});
    CAF_CHECK_EQUAL(gauge(), 4);
    outs[3]->open = false;
    sessions.replay(keys[3], {event_at(1)}, 1);
    CAF_CHECK_EQUAL(gauge(), 3);
    sessions.close(keys[4]);
    CAF_CHECK_EQUAL(gauge(), 2);
    outs[5]->open = false;
    sessions.beat();
    CAF_CHECK_EQUAL(gauge(), 1);
  }
  CAF_CHECK_EQUAL(gauge(), 0);
  event_sessions sessions;
  sessions.observe(counters);
  sessions.open(std::make_shared<recording_stream>(), 0, true);
  sessions.close_all();
  CAF_CHECK_EQUAL(gauge(), 0);
}

CAF_TEST(who was cut for taking nothing is told with how far it got) {
  event_sessions sessions;
  const auto out = std::make_shared<recording_stream>();
  const auto id = sessions.next_key();
  sessions.open(out, 0, true);
  out->reads = false;
  sessions.publish({event_at(4, 1'000)});
  out->stalled = true;
  const auto end = sessions.forget(id);
  CAF_REQUIRE(end);
  CAF_CHECK_EQUAL(end->position, 4);
  CAF_CHECK(end->unsent > 1'000);
}

CAF_TEST(any mix of news and pages and slow readers is read once and in order) {
  std::mt19937 random{20'260'731}; // NOLINT: the same every time
  const auto chance = [&](int of) {
    return static_cast<int>(random() % static_cast<unsigned>(of));
  };
  for (int round = 0; round < 12; ++round) {
    event_sessions sessions;
    std::vector<published_event> log;
    std::vector<std::shared_ptr<recording_stream>> outs;
    std::vector<std::int64_t> begins;
    std::vector<page> wanted; // pages that are on their way
    const auto want = [&](std::optional<page> one) {
      if (one)
        wanted.push_back(*one);
    };
    const auto answer = [&](std::size_t which) {
      const auto asked = wanted[which];
      wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(which));
      std::vector<published_event> found;
      for (const auto& event : log)
        if (event.position > asked.after && found.size() < asked.limit)
          found.push_back(event);
      const auto newest = log.empty() ? 0 : log.back().position;
      if (sessions.leaves_gap(newest))
        for (const auto& one : sessions.stall())
          want(one);
      want(sessions.replay(asked.session, found, newest));
    };
    std::int64_t last = 0;
    std::int64_t heard = 0; // what the news spoke of
    for (int step = 0; step < 200; ++step) {
      switch (chance(6)) {
      case 0: // a session
        if (outs.size() < 6) {
          outs.push_back(std::make_shared<recording_stream>());
          outs.back()->reads = chance(2) == 0;
          const bool live = chance(2) == 0;
          begins.push_back(live ? sessions.seen()
                                : chance(static_cast<int>(last) + 1));
          want(sessions.open(outs.back(), begins.back(), live));
        }
        break;
      case 1: // a reader takes what it was sent
        if (!outs.empty()) {
          const auto which =
              static_cast<std::size_t>(chance(static_cast<int>(outs.size())));
          outs[which]->untaken = 0;
          want(sessions.resume(which + 1));
        }
        break;
      case 2:
        if (!wanted.empty())
          answer(static_cast<std::size_t>(
              chance(static_cast<int>(wanted.size()))));
        break;
      case 3: // news that never come
        for (int i = chance(3); i > 0; --i)
          log.push_back(event_at(last += 1 + chance(3), 8'000));
        break;
      default: { // news
        const auto size = log.size();
        for (int i = 1 + chance(4); i > 0; --i)
          log.push_back(
              event_at(last += 1 + (chance(3) == 0 ? chance(5) : 0), 8'000));
        const events_published told{
            {log.begin() + static_cast<std::ptrdiff_t>(size), log.end()},
            size == 0 ? 0 : log[size - 1].position};
        if (sessions.leaves_gap(told))
          for (const auto& one : sessions.stall())
            want(one);
        CAF_REQUIRE(!sessions.leaves_gap(told) || told.after > heard);
        sessions.publish(told.events);
        heard = last;
      }
      }
    }
    // In the end everybody reads.
    for (const auto& out : outs)
      out->reads = true;
    if (sessions.leaves_gap(last))
      for (const auto& one : sessions.stall())
        want(one);
    sessions.note_newest(last);
    for (std::size_t which = 0; which < outs.size(); ++which) {
      outs[which]->untaken = 0;
      want(sessions.resume(which + 1));
    }
    while (!wanted.empty())
      answer(0);
    for (std::size_t which = 0; which < outs.size(); ++which) {
      positions_t expected;
      for (const auto& event : log)
        if (event.position > begins[which])
          expected.push_back(event.position);
      CAF_REQUIRE_EQUAL(outs[which]->positions(), expected);
      CAF_REQUIRE(outs[which]->most_untaken
                  < event_sessions::most_unsent + 9'000);
    }
  }
}
