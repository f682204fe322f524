// libs: telltale_failed_task_payload telltale_persistence Boost::json
#define CAF_SUITE unit.publication

#include <functional>
#include <string>
#include <vector>

#include "actors/failed_task_payload/failed_task_payload.hpp"
#include "actors/persistence/stored_text.hpp"
#include "tests/support/sample_facts.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;
using test::make_facts;
using test::parse;

namespace {

struct script {
  std::vector<publish_events> published;
  std::vector<std::chrono::milliseconds> looks;
  std::vector<event_facts> in_log;
  int failures = 0; ///< publications to refuse before one succeeds
  ec failure = ec::database_unavailable;
  std::vector<std::string> due;
  std::vector<published_event> streamed;
  int woken = 0;
};

redaction_actor::behavior_type fake_redaction(redaction_actor::pointer) {
  return {
      [](const redact_reports&) {},
      [](const redact_texts&) { return texts_redacted{}; },
      [](const narrow_texts& request) {
        texts_redacted result;
        for (const auto& text : request.texts)
          result.texts.push_back(
              stored_text::from_store(text.empty() ? "" : "~" + text.view()));
        return result;
      },
      [](const seal_masks&) { return masks_sealed{}; },
  };
}

event_store_actor::behavior_type fake_log(event_store_actor::pointer,
                                          script* s) {
  return {
      [s](const publish_events& request) -> caf::result<events_stored> {
        s->published.push_back(request);
        if (s->failures > 0) {
          --s->failures;
          return make_error(s->failure);
        }
        events_stored stored;
        std::int64_t position = 0;
        for (const auto& event : request.events) {
          published_event told;
          told.position = ++position;
          told.id = event.facts.id;
          stored.events.push_back(told);
        }
        stored.due_relays = s->due;
        return stored;
      },
      [s](const take_unpublished& request) {
        s->looks.push_back(request.older_than);
        unpublished_taken taken;
        taken.facts = std::exchange(s->in_log, {});
        return taken;
      },
      [](const read_events&) { return events_read{}; },
  };
}

event_listener_actor::behavior_type fake_stream(event_listener_actor::pointer,
                                                script* s) {
  return {[s](const events_published& told) {
    s->streamed.insert(s->streamed.end(), told.events.begin(),
                       told.events.end());
  }};
}

relay_actor::behavior_type fake_relay(relay_actor::pointer, script* s) {
  return {[s](const deliveries_due&) { ++s->woken; },
          [](const delivery_tried&) {}, [](const relay_tick&) {}};
}

struct fixture : test_coordinator_fixture<> {
  script s;
  live_targets_ptr targets = std::make_shared<live_targets>();
  relay_actor relay = sys.spawn(fake_relay, &s);
  failed_task_payload_actor uut;
  std::function<bool()> is_heard;
  std::vector<bool> announced; ///< to other replicas: with deliveries?
  counter_board_ptr counters = std::make_shared<counter_board>();

  void start() {
    payload_wiring wiring;
    wiring.redaction = sys.spawn(fake_redaction);
    wiring.events = sys.spawn(fake_log, &s);
    wiring.stream = sys.spawn(fake_stream, &s);
    wiring.targets = targets;
    wiring.is_heard = is_heard;
    wiring.announce = [this](bool deliveries) {
      announced.push_back(deliveries);
    };
    wiring.counters = counters;
    targets->replace({{{"chats", relay}}, {{"hook", {}}}});
    uut = sys.spawn(failed_task_payload, wiring);
    settle();
  }

  void settle() {
    while (consume_message()) {
    }
  }

  void commit(const std::vector<event_facts>& facts) {
    self->send(uut, events_committed{facts});
    settle();
  }

  ~fixture() override {
    self->send_exit(uut, caf::exit_reason::user_shutdown);
    settle();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(publication_tests, fixture)

CAF_TEST(committed facts are narrowed and published and passed on) {
  s.due = {"chats", "gone"};
  start();
  const auto facts = make_facts();
  commit({facts});
  CAF_REQUIRE_EQUAL(s.published.size(), 1u);
  const auto& event = s.published[0].events.at(0);
  CAF_CHECK_EQUAL(std::string{parse(event.payload).at("title").as_string()},
                  "~Review of !7");
  CAF_CHECK(event.to_chat);
  CAF_CHECK_EQUAL(event.webhooks, std::vector<std::string>{"hook"});
  CAF_REQUIRE_EQUAL(s.streamed.size(), 1u);
  CAF_CHECK(s.streamed[0].id == facts.id);
  CAF_CHECK_EQUAL(s.woken, 1);
}

CAF_TEST(finding 5 a failure that nobody announced is told from the log) {
  // The event was written with the failure; the process died before it could
  // say so to anybody.
  const auto facts = make_facts();
  s.in_log = {facts};
  start();
  CAF_REQUIRE_EQUAL(s.published.size(), 1u);
  CAF_CHECK(s.published[0].events.at(0).facts.id == facts.id);
  CAF_CHECK_EQUAL(s.looks.at(0), 0ms);
  CAF_MESSAGE("later looks leave others the time to publish");
  sched.advance_time(5s);
  settle();
  CAF_REQUIRE_EQUAL(s.looks.size(), 2u);
  CAF_CHECK_EQUAL(s.looks.at(1), 2000ms);
}

CAF_TEST(
    however often other replicas publish the log is looked at now and then) {
  start();
  const auto looks = s.looks.size();
  for (int i = 0; i < 500; ++i) {
    self->send(uut, replica_published{});
    sched.advance_time(20ms);
    settle();
    CAF_REQUIRE(counters->read(counter::timers, "failed-task-payload") <= 2);
  }
  // Ten seconds, a look every two.
  CAF_CHECK_EQUAL(s.looks.size() - looks, 5u);
  CAF_MESSAGE("and every five once they are quiet");
  const auto ticks =
      counters->read(counter::actor_messages_total, "failed-task-payload");
  for (int i = 0; i < 60; ++i) {
    sched.advance_time(1s);
    settle();
  }
  CAF_CHECK_EQUAL(s.looks.size() - looks, 5u + 12u);
  CAF_CHECK_LESS(
      counters->read(counter::actor_messages_total, "failed-task-payload")
          - ticks,
      26);
  CAF_CHECK_EQUAL(counters->read(counter::timers, "failed-task-payload"), 1);
}

CAF_TEST(what waits for its publication is bounded in bytes) {
  start();
  s.failures = 1'000; // nothing gets through
  std::vector<event_facts> many;
  for (int i = 0; i < 600; ++i) {
    many.push_back(make_facts());
    many.back().error = stored_text::from_store(std::string(100'000, 'x'));
  }
  commit({make_facts()});
  commit(many);
  many.clear();
  s.failures = 0;
  for (int i = 0; i < 20; ++i) {
    sched.advance_time(5s);
    settle();
  }
  CAF_CHECK_LESS(s.streamed.size(), 340u);
  CAF_CHECK_GREATER(s.streamed.size(), 330u);
}

CAF_TEST(a store that is away loses nothing and repeats nothing) {
  start();
  s.failures = 2;
  const auto first = make_facts();
  const auto second = make_facts();
  commit({first});
  commit({second});
  CAF_CHECK_EQUAL(s.published.size(), 1u);
  CAF_CHECK(s.streamed.empty());
  for (int i = 0; i < 3; ++i) {
    sched.advance_time(200ms);
    settle();
  }
  CAF_REQUIRE_EQUAL(s.streamed.size(), 2u);
  CAF_CHECK(s.streamed[0].id == first.id);
  CAF_CHECK(s.streamed[1].id == second.id);
}

CAF_TEST(what nobody follows passes without words) {
  bool heard = false;
  is_heard = [&heard] { return heard; };
  start();
  auto plain = make_facts(event_type::task_started);
  plain.position = 7;
  auto failure = make_facts();
  failure.position = 8;
  failure.due = true;
  commit({plain, failure});
  CAF_REQUIRE_EQUAL(s.published.size(), 1u);
  const auto of = [&](const publish_events& request, const event_facts& facts) {
    const auto found =
        std::ranges::find(request.events, facts.id,
                          [](const auto& event) { return event.facts.id; });
    CAF_REQUIRE(found != request.events.end());
    return *found;
  };
  const auto title_of = [&](const event_facts& facts) {
    const auto payload = parse(of(s.published.back(), facts).payload);
    return std::string{payload.at("title").as_string()};
  };
  CAF_CHECK_EQUAL(of(s.published[0], plain).head, "");
  CAF_CHECK_EQUAL(of(s.published[0], plain).payload, "");
  CAF_CHECK_EQUAL(of(s.published[0], plain).facts.position, 7);
  CAF_CHECK(!of(s.published[0], plain).to_chat);
  CAF_MESSAGE("whom to tell is known, what to say is written for them");
  CAF_CHECK_EQUAL(of(s.published[0], failure).payload, "");
  CAF_CHECK(of(s.published[0], failure).to_chat);
  CAF_MESSAGE("what has no position is stored with its words");
  const auto old = make_facts(event_type::task_started);
  commit({old});
  CAF_CHECK_EQUAL(title_of(old), "~Review of !7");
  CAF_MESSAGE("a subscriber gets them as they come");
  heard = true;
  plain.id.value = make_uuid_v7();
  commit({plain, failure});
  CAF_CHECK_EQUAL(title_of(plain), "~Review of !7");
}

CAF_TEST(what nobody is to be sent goes to the stream without the log) {
  bool heard = false;
  is_heard = [&heard] { return heard; };
  start();
  auto first = make_facts(event_type::task_started);
  first.position = 7;
  auto second = make_facts(event_type::task_succeeded);
  second.position = 9;
  commit({first, second});
  CAF_CHECK(s.published.empty());
  CAF_REQUIRE_EQUAL(s.streamed.size(), 2u);
  CAF_CHECK(s.streamed[0].id == first.id);
  CAF_CHECK_EQUAL(s.streamed[0].position, 7);
  CAF_CHECK_EQUAL(s.streamed[0].envelope, "");
  CAF_CHECK_EQUAL(s.streamed[1].position, 9);
  CAF_CHECK_EQUAL(announced, std::vector<bool>{false});
  CAF_CHECK_EQUAL(
      counters->read(counter::events_published_total, "task:started"), 1.0);
  heard = true;
  first.id.value = make_uuid_v7();
  first.position = 10;
  commit({first});
  CAF_CHECK(s.published.empty());
  CAF_REQUIRE_EQUAL(s.streamed.size(), 3u);
  const auto envelope = parse(s.streamed[2].envelope);
  CAF_CHECK_EQUAL(envelope.at("payload").at("title"), "~Review of !7");
  CAF_MESSAGE("beside one that is due they keep their order");
  auto failure = make_facts();
  failure.position = 11;
  failure.due = true;
  first.id.value = make_uuid_v7();
  first.position = 12;
  s.due = {"chats"};
  commit({failure, first});
  CAF_CHECK_EQUAL(s.published.size(), 1u);
  CAF_CHECK_EQUAL(s.published[0].events.size(), 2u);
  CAF_CHECK(announced.back());
}

CAF_TEST(an event that the log refuses does not hold up the others) {
  start();
  s.failures = 3;
  s.failure = ec::invalid_field;
  std::vector<event_facts> facts;
  for (int i = 0; i < 4; ++i)
    facts.push_back(make_facts());
  commit(facts);
  for (int i = 0; i < 8; ++i) {
    sched.advance_time(500ms);
    settle();
  }
  // 4, 2, then 1 was refused: it is left to the log, the others are told.
  CAF_CHECK_EQUAL(s.streamed.size(), 3u);
}

CAF_TEST(what arrives during a publication goes together into the next) {
  start();
  self->send(uut, events_committed{{make_facts()}});
  for (int i = 0; i < 3; ++i)
    self->send(uut, events_committed{{make_facts(), make_facts()}});
  settle();
  CAF_REQUIRE_EQUAL(s.published.size(), 2u);
  CAF_CHECK_EQUAL(s.published[0].events.size(), 1u);
  CAF_CHECK_EQUAL(s.published[1].events.size(), 6u);
}

CAF_TEST_FIXTURE_SCOPE_END()
