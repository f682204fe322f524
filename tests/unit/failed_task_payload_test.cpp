// libs: telltale_failed_task_payload telltale_persistence Boost::json
#define CAF_SUITE unit.failed_task_payload

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

/// What the others were asked and told.
struct script {
  std::size_t narrowed = 0; ///< texts
  bool redaction_works = true;
  deliveries_leased to_take;
  events_found in_log;
  std::vector<delivery_result> given_back;
  std::vector<published_event> streamed;
  std::vector<notice> notices;
  int woken = 0;
  std::vector<bool> announced; ///< to other replicas: with deliveries?
};

redaction_actor::behavior_type fake_redaction(redaction_actor::pointer,
                                              script* s) {
  return {
      [](const redact_reports&) {},
      [](const redact_texts&) { return texts_redacted{}; },
      [s](const narrow_texts& request) -> caf::result<texts_redacted> {
        if (!s->redaction_works)
          return make_error(ec::internal_error);
        s->narrowed += request.texts.size();
        texts_redacted result;
        for (const auto& [text, profile] : request.texts)
          result.texts.push_back(stored_text::from_store(
              text.empty() ? "" : to_string(profile) + "~" + text.view()));
        return result;
      },
      [](const seal_masks&) { return masks_sealed{}; },
      [](const options_changed<redaction_engine_ptr>&) {},
  };
}

delivery_store_actor::behavior_type
fake_deliveries(delivery_store_actor::pointer, script* s) {
  return {[s](const take_deliveries&) { return s->to_take; },
          [](const renew_leases&) { return leases_renewed{}; },
          [](const gather_deliveries&) { return deliveries_gathered{}; },
          [s](const record_deliveries& back) {
            s->given_back.insert(s->given_back.end(), back.results.begin(),
                                 back.results.end());
            return deliveries_recorded{};
          },
          [](const configured_relays&) { return unconfigured_ended{}; }};
}

event_log_actor::behavior_type fake_log(event_log_actor::pointer, script* s) {
  return {[s](const read_events&) { return s->in_log; }};
}

event_listener_actor::behavior_type fake_stream(event_listener_actor::pointer,
                                                script* s) {
  return {[s](const events_published& told) {
    s->streamed.insert(s->streamed.end(), told.events.begin(),
                       told.events.end());
  }};
}

replicas_actor::behavior_type fake_replicas(replicas_actor::pointer,
                                            script* s) {
  return {[s](const notify_replicas& what) {
            s->announced.push_back(what.deliveries);
          },
          [](const deliveries_waiting&) {}, [](const replica_published&) {},
          [](const options_changed<running_relays>&) {}};
}

relay_actor::behavior_type fake_relay(relay_actor::pointer, script* s) {
  return {[s](const notices_due& told) {
            s->notices.insert(s->notices.end(), told.due.begin(),
                              told.due.end());
          },
          [s](const deliveries_due&) { ++s->woken; },
          [](const request_answered&) {}, [](const relay_tick&) {}};
}

due_delivery delivery_for(const std::string& relay, const std::string& chat) {
  due_delivery due;
  due.id.value = make_uuid_v7();
  due.chat.relay = relay;
  due.chat.chat_id = chat;
  return due;
}

committed_event committed_at(std::int64_t position, event_facts facts,
                             std::vector<due_delivery> leased = {}) {
  return {std::move(facts), position, std::move(leased), {}};
}

struct fixture : test_coordinator_fixture<> {
  script s;
  counter_board_ptr counters = std::make_shared<counter_board>();
  payload_peers peers{sys.spawn(fake_log, &s),
                      sys.spawn(fake_deliveries, &s),
                      sys.spawn(fake_stream, &s),
                      sys.spawn(fake_replicas, &s),
                      {}};
  redaction_actor redaction = sys.spawn(fake_redaction, &s);
  failed_task_payload_actor uut = sys.spawn(
      failed_task_payload, payload_options{redaction, "http://page", counters});

  fixture() {
    peers.relays.emplace("chats", sys.spawn(fake_relay, &s));
    peers.relays.emplace("hook", sys.spawn(fake_relay, &s));
    self->send(uut, options_changed<payload_peers>{peers});
    settle();
  }

  ~fixture() override {
    const auto end = [&](const auto& one) {
      self->send_exit(one, caf::exit_reason::user_shutdown);
    };
    end(uut);
    end(redaction);
    end(peers.log);
    end(peers.deliveries);
    end(peers.replicas);
    end(caf::actor_cast<caf::actor>(peers.stream));
    for (const auto& [name, relay] : peers.relays)
      end(relay);
    settle();
  }

  void settle() {
    while (consume_message()) {
    }
  }

  void commit(std::vector<committed_event> events) {
    self->send(uut, events_committed{std::move(events)});
    settle();
  }

  template <class Answer, class Request> Answer ask(const Request& what) {
    auto request = self->request(uut, caf::infinite, what);
    settle();
    Answer answer;
    request.receive([&](const Answer& got) { answer = got; },
                    [&](caf::error& error) { CAF_FAIL(explain(error)); });
    return answer;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(failed_task_payload_tests, fixture)

CAF_TEST(what was committed goes narrowed to relays and stream) {
  const auto facts = make_facts();
  const auto to_chat = delivery_for("chats", "c1");
  const auto to_hook = delivery_for("hook", "");
  self->send(uut, envelopes_wanted{true});
  commit({committed_at(7, facts, {to_chat, to_hook})});
  CAF_REQUIRE_EQUAL(s.notices.size(), 2u);
  for (const auto& one : s.notices) {
    const bool is_chat = one.id == to_chat.id;
    CAF_CHECK(static_cast<const due_delivery&>(one)
              == (is_chat ? to_chat : to_hook));
    CAF_CHECK(one.payload->facts().id == facts.id);
    CAF_CHECK_EQUAL(one.payload->facts().title.view(),
                    is_chat ? "chat~Review of !7" : "event~Review of !7");
    CAF_CHECK_EQUAL(one.payload->run_url(),
                    "http://page/runs/" + to_string(facts.task));
  }
  CAF_REQUIRE_EQUAL(s.streamed.size(), 1u);
  CAF_CHECK_EQUAL(s.streamed[0].position, 7);
  const auto envelope = parse(s.streamed[0].envelope);
  CAF_CHECK_EQUAL(envelope.at("payload").at("title"), "event~Review of !7");
  CAF_MESSAGE("each text was looked at once an audience");
  CAF_CHECK_EQUAL(s.narrowed, 8u);
  CAF_CHECK_EQUAL(
      counters->read(counter::events_published_total, "task:failed"), 1.0);
  CAF_CHECK_EQUAL(s.announced, std::vector<bool>{false});
}

CAF_TEST(what a hook and the stream get are the same bytes) {
  self->send(uut, envelopes_wanted{true});
  commit({committed_at(1, make_facts(), {delivery_for("hook", "")})});
  CAF_REQUIRE_EQUAL(s.notices.size(), 1u);
  CAF_REQUIRE_EQUAL(s.streamed.size(), 1u);
  CAF_CHECK_EQUAL(s.notices[0].payload->envelope(), s.streamed[0].envelope);
}

CAF_TEST(what nobody follows and nobody is told needs no redaction) {
  auto first = committed_at(9, make_facts(event_type::task_succeeded));
  auto second = committed_at(8, make_facts(event_type::task_started));
  commit({first, second});
  CAF_CHECK_EQUAL(s.narrowed, 0u);
  CAF_REQUIRE_EQUAL(s.streamed.size(), 2u);
  CAF_MESSAGE("in the order of the log");
  CAF_CHECK_EQUAL(s.streamed[0].position, 8);
  CAF_CHECK_EQUAL(s.streamed[0].kind, "review");
  CAF_CHECK_EQUAL(s.streamed[0].envelope, "");
  CAF_CHECK_EQUAL(s.streamed[1].position, 9);
}

CAF_TEST(nothing overtakes what redaction has) {
  self->send(uut, events_committed{{committed_at(
                      1, make_facts(), {delivery_for("chats", "c1")})}});
  self->send(uut, events_committed{
                      {committed_at(2, make_facts(event_type::task_started))}});
  settle();
  CAF_REQUIRE_EQUAL(s.streamed.size(), 2u);
  CAF_CHECK_EQUAL(s.streamed[0].position, 1);
  CAF_CHECK_EQUAL(s.streamed[1].position, 2);
}

CAF_TEST(relays look for what waits in the store) {
  auto event = committed_at(1, make_facts());
  event.waiting = {"chats", "gone"};
  commit({event, event});
  CAF_CHECK_EQUAL(s.woken, 1);
  CAF_CHECK_EQUAL(s.announced, std::vector<bool>{true});
}

CAF_TEST(a lease that nobody here can use goes back at once) {
  const auto due = delivery_for("gone", "c1");
  commit({committed_at(1, make_facts(), {due})});
  CAF_CHECK(s.notices.empty());
  CAF_REQUIRE_EQUAL(s.given_back.size(), 1u);
  CAF_CHECK(s.given_back[0].id == due.id);
  CAF_CHECK(s.given_back[0].state == delivery_state::pending);
  CAF_CHECK(!s.given_back[0].counts);
  CAF_CHECK_EQUAL(s.given_back[0].retry_in.count(), 0);
}

CAF_TEST(without redaction nothing is told and no try is spent) {
  s.redaction_works = false;
  const auto due = delivery_for("chats", "c1");
  commit({committed_at(1, make_facts(), {due})});
  CAF_CHECK(s.notices.empty());
  CAF_CHECK(s.streamed.empty());
  CAF_REQUIRE_EQUAL(s.given_back.size(), 1u);
  CAF_CHECK(!s.given_back[0].counts);
  CAF_CHECK(s.given_back[0].retry_in >= 1s);
  CAF_MESSAGE("the next event goes again");
  s.redaction_works = true;
  commit({committed_at(2, make_facts(), {delivery_for("chats", "c1")})});
  CAF_CHECK_EQUAL(s.notices.size(), 1u);
}

CAF_TEST(what waits for redaction is bounded) {
  const auto due = delivery_for("chats", "c1");
  std::vector<committed_event> many(9'999,
                                    committed_at(1, make_facts(), {due}));
  self->send(uut, events_committed{many});
  self->send(uut, events_committed{{many[0], many[1], many[2]}});
  settle();
  CAF_CHECK_EQUAL(s.notices.size(), 9'999u);
  CAF_CHECK_EQUAL(s.given_back.size(), 3u);
  CAF_MESSAGE("and goes on once it has caught up");
  commit({many[0]});
  CAF_CHECK_EQUAL(s.notices.size(), 10'000u);
}

CAF_TEST(what is due is read again with the same words) {
  const auto facts = make_facts();
  const auto due = delivery_for("chats", "c1");
  commit({committed_at(1, facts, {due})});
  leased_delivery whole;
  static_cast<due_delivery&>(whole) = due;
  whole.facts = facts;
  auto slim = whole;
  slim.whole = false;
  slim.facts.title = slim.facts.error = {};
  auto of_hook = whole;
  of_hook.chat = {};
  s.to_take.due = {whole, slim, of_hook};
  s.to_take.more = true;
  s.to_take.disabled = "gone";
  s.to_take.next_try_at = facts.occurred_at;
  const auto taken = ask<deliveries_taken>(take_deliveries{"chats"});
  CAF_REQUIRE_EQUAL(taken.due.size(), 3u);
  CAF_CHECK(taken.more);
  CAF_CHECK_EQUAL(taken.disabled, "gone");
  CAF_CHECK(taken.next_try_at == facts.occurred_at);
  CAF_CHECK_EQUAL(taken.due[0].payload->json(), s.notices[0].payload->json());
  CAF_CHECK(!taken.due[1].whole);
  CAF_CHECK(taken.due[1].payload->facts().failure_reason
            == facts.failure_reason);
  CAF_CHECK_EQUAL(taken.due[2].payload->facts().title.view(),
                  "event~Review of !7");
  CAF_MESSAGE("without redaction the store gets them back");
  s.redaction_works = false;
  auto request = self->request(uut, caf::infinite, take_deliveries{"chats"});
  settle();
  bool failed = false;
  request.receive([](const deliveries_taken&) {},
                  [&](const caf::error&) { failed = true; });
  CAF_CHECK(failed);
  CAF_CHECK_EQUAL(s.given_back.size(), 3u);
}

CAF_TEST(the log is read again with the same words) {
  self->send(uut, envelopes_wanted{true});
  const auto event = committed_at(5, make_facts());
  commit({event});
  s.in_log.events = {event};
  s.in_log.newest = 9;
  s.in_log.oldest = 2;
  const auto read = ask<events_read>(read_events{0, 10});
  CAF_REQUIRE_EQUAL(read.events.size(), 1u);
  CAF_CHECK(read.events[0] == s.streamed[0]);
  CAF_CHECK_EQUAL(read.newest, 9);
  CAF_CHECK_EQUAL(read.oldest, 2);
  CAF_MESSAGE("without them where nobody asks for them");
  const auto narrowed = s.narrowed;
  const auto bare = ask<events_read>(read_events{0, 10, false});
  CAF_CHECK_EQUAL(bare.events.at(0).envelope, "");
  CAF_CHECK_EQUAL(s.narrowed, narrowed);
}

CAF_TEST_FIXTURE_SCOPE_END()
