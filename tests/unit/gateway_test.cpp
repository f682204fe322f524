// libs: telltale_gateway
#define CAF_SUITE unit.gateway

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/gateway/gateway.hpp"
#include "actors/gateway/handlers/calls.hpp"
#include "tests/support/gateway_fixture.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace telltale::test;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(gateway_tests, gateway_fixture)

CAF_TEST(a new task is stored with clean texts only) {
  const auto to = ask(call::create_task, {},
                      R"({"kind":"k","title":"my secret","labels":{"a":1}})");
  CAF_CHECK_EQUAL(to->status(), 201u);
  CAF_REQUIRE_EQUAL(w.created.size(), 1u);
  CAF_CHECK_EQUAL(w.created[0].task.title.view(), "[clean]");
  // What redaction left of the labels is no JSON.
  CAF_CHECK_EQUAL(w.created[0].task.labels, "null");
  CAF_CHECK_EQUAL(w.created[0].task.max_attempts, 2u);
  CAF_CHECK(!to->says("secret"));
}

CAF_TEST(a repeated key answers 200 and a bad one 422) {
  CAF_CHECK_EQUAL(ask(call::create_task, {}, R"({"kind":"k"})",
                      {{"idempotency-key", "known"}})
                      ->status(),
                  200u);
  CAF_CHECK_EQUAL(ask(call::create_task, {}, R"({"kind":"k"})",
                      {{"idempotency-key", std::string(129, 'x')}})
                      ->status(),
                  422u);
}

CAF_TEST(a database that hangs is told as one that is away) {
  w.frozen = true;
  const auto list = ask(call::list_tasks);
  const auto ready = ask(call::readiness);
  CAF_CHECK(list->answers.empty());
  // Readiness does not wait as long as a list may.
  advance_time(1500ms);
  settle();
  CAF_CHECK_EQUAL(ready->status(), 503u);
  CAF_CHECK(list->answers.empty());
  advance_time(8500ms);
  settle();
  CAF_CHECK_EQUAL(list->status(), 503u);
  CAF_CHECK(list->says("database_unavailable"));
}

CAF_TEST(errors of other actors become problems) {
  const auto task = to_string(make_uuid_v7());
  const auto cancelled = ask(call::cancel_task, {task});
  CAF_CHECK_EQUAL(cancelled->status(), 409u);
  CAF_CHECK(cancelled->says("\"code\":\"not_cancellable\""));
  CAF_CHECK_EQUAL(ask(call::read_task, {task})->status(), 404u);
  CAF_CHECK_EQUAL(ask(call::read_task, {"7"})->status(), 404u);
  CAF_CHECK_EQUAL(ask(call::redeliver, {task})->status(), 409u);
  CAF_CHECK_EQUAL(ask(call::redeliver, {"7"})->status(), 404u);
  CAF_CHECK_EQUAL(ask(call::create_task, {}, "{")->status(), 400u);
}

CAF_TEST(a cause is asked for by its name and over a window that makes sense) {
  CAF_CHECK_EQUAL(ask(call::list_causes)->status(), 200u);
  const auto one = ask(call::read_cause, {"0123456789abcdef"});
  CAF_CHECK_EQUAL(one->status(), 200u);
  CAF_CHECK(one->says(R"("fingerprint":"0123456789abcdef")"));
  for (const auto* none : {"ffffffffffffffff", "0123456789ABCDEF", "7", ""}) {
    const auto to = ask(call::read_cause, {none});
    CAF_CHECK_EQUAL(to->status(), 404u);
    CAF_CHECK(to->says("cause_not_found"));
  }
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"window", "1y"},
                                          {"limit", "0"},
                                          {"cursor", "x"},
                                          {"kind", std::string(129, 'k')}}) {
    const auto to = ask(call::list_causes, {}, {}, {}, {{name, value}});
    CAF_CHECK_EQUAL(to->status(), 422u);
    CAF_CHECK(to->says(name + " must"));
  }
  CAF_CHECK_EQUAL(
      ask(call::read_cause, {"0123456789abcdef"}, {}, {}, {{"window", "1m"}})
          ->status(),
      422u);
}

CAF_TEST(a lost question is answered by its token) {
  auto to = std::make_shared<client>();
  { pending_reply lost{to, "request-1", tally, true}; }
  CAF_CHECK_EQUAL(to->status(), 500u);
  CAF_CHECK_EQUAL(to->answers[0].headers.back().value, "request-1");
  CAF_CHECK_EQUAL(tally->in_flight.load(), 0u);
}

CAF_TEST(a chat session is bound to relays that exist) {
  const std::string body = R"({"relay":"octo","chat_id":"c"})";
  CAF_CHECK_EQUAL(ask(call::bind_chat_session, {"s"}, body)->status(), 200u);
  CAF_CHECK(ask(call::read_chat_session, {"s"})->says("\"chat_id\":\"c\""));
  const auto unknown =
      ask(call::bind_chat_session, {"s"}, R"({"relay":"nope","chat_id":"c"})");
  CAF_CHECK_EQUAL(unknown->status(), 422u);
  CAF_CHECK(unknown->says("unknown_relay"));
  CAF_CHECK_EQUAL(ask(call::bind_chat_session, {"s"},
                      R"({"relay":"octo","chat_id":"c","locale":"xx"})")
                      ->status(),
                  422u);
  CAF_CHECK_EQUAL(ask(call::unbind_chat_session, {"s"})->status(), 404u);
}

CAF_TEST(options that a reload changes count from then on) {
  const std::string body = R"({"relay":"late","chat_id":"c"})";
  CAF_CHECK_EQUAL(ask(call::bind_chat_session, {"s"}, body)->status(), 422u);
  CAF_CHECK(ask(call::readiness)->says(R"("names":["octo"])"));
  ask(call::list_runners);
  CAF_CHECK(w.silence == 150s);
  settings.relays["late"] = {};
  settings.reaper.runner_silence = 7s;
  settings.retry.reasons["timeout"].attempts = 6;
  settings.retry.reasons["timeout"].cap = 90s;
  tell_options();
  CAF_CHECK_EQUAL(ask(call::bind_chat_session, {"s"}, body)->status(), 200u);
  CAF_CHECK(ask(call::readiness)->says(R"("names":["late","octo"])"));
  ask(call::list_runners);
  CAF_CHECK(w.silence == 7s);
  const auto reasons = ask(call::list_failure_reasons);
  CAF_CHECK(reasons->says(R"({"retried":true,"attempts":6,)"));
  CAF_CHECK(reasons->says(R"("cap_seconds":9E1)"));
}

CAF_TEST(a lease that a reload changes counts for who has no heartbeat) {
  auto& task = add_task(task_status::running);
  task.lease_expires_at = now_utc() + 50s;
  ask(call::read_status, {to_string(task.id)});
  CAF_CHECK(w.beats.empty()); // more than half of 60 s are left
  settings.tasks.lease = 200s;
  tell_options();
  ask(call::read_status, {to_string(task.id)});
  CAF_CHECK_EQUAL(w.beats.size(), 1u);
}

CAF_TEST(a batch is answered once all of it is settled) {
  const auto id = to_string(add_task(task_status::running).id);
  const auto to =
      ask(call::report_many, {},
          R"({"reports":[{"task_id":")" + id
              + R"(","status":"failed"},{"task_id":"x","status":"failed"}]})");
  CAF_CHECK_EQUAL(to->status(), 200u);
  CAF_CHECK_EQUAL(
      to->answers[0].body,
      R"({"results":[{"task_id":")" + id
          + R"(","ok":true},{"task_id":null,"ok":false,"code":"task_not_found"}]})");
  CAF_CHECK_EQUAL(counters->read(counter::reports_total, "ok"), 1.0);
}

CAF_TEST(what a daemon reports is about the attempt that it named) {
  const auto running = to_string(add_task(task_status::running).id);
  const auto done = to_string(add_task(task_status::cancelled).id);
  CAF_CHECK(ask(call::daemon_fail, {running}, R"({"error":"x"})")
                ->says("\"status\":\"running\""));
  CAF_REQUIRE_EQUAL(w.reported.size(), 1u);
  CAF_CHECK_EQUAL(*w.reported[0].raw.attempt, 1u);
  // Whether it still counts is for the store to say.
  CAF_CHECK_EQUAL(ask(call::daemon_complete, {done}, "{}")->status(), 200u);
  CAF_CHECK_EQUAL(ask(call::daemon_usage, {done}, "{}")->status(), 200u);
  CAF_CHECK_EQUAL(w.reported.size(), 3u);
  CAF_CHECK(ask(call::daemon_status, {done})->says("cancelled"));
  CAF_CHECK_EQUAL(
      ask(call::daemon_start, {to_string(make_uuid_v7())})->status(), 404u);
}

CAF_TEST(a daemon is known by its runtimes) {
  const std::string daemon =
      R"({"workspace_id":"default","daemon_id":"d","runtimes":[{"type":"p"}]})";
  CAF_CHECK(ask(call::daemon_register, {}, daemon)->says("\"id\":\"d/p\""));
  CAF_CHECK(ask(call::daemon_heartbeat, {}, R"({"runtime_id":"d/p"})")
                ->says("\"status\":\"ok\""));
  CAF_CHECK_EQUAL(w.runtime_questions, 0); // it has just been seen
  CAF_CHECK_EQUAL(w.beats.size(), 1u);
  CAF_CHECK(ask(call::daemon_heartbeat, {}, R"({"runtime_id":"x"})")
                ->says("\"runtime_gone\":true"));
  CAF_CHECK_EQUAL(w.beats.size(), 1u);
  const auto claim = [&](const std::string& by) {
    return ask(call::daemon_claim, {},
               R"({"daemon_id":")" + by + R"(","runtime_ids":["d/p"]})");
  };
  CAF_CHECK_EQUAL(claim("other")->status(), 403u);
  CAF_CHECK(claim("d")->says("{\"tasks\":[]}"));
  CAF_CHECK(
      ask(call::daemon_claim_one, {"d/p"}, "{}")->says("{\"task\":null}"));
  CAF_CHECK(ask(call::daemon_recover, {"d/p"})
                ->says("\"orphaned\":6,\"retried\":2,\"failed\":4"));
  ask(call::daemon_deregister, {}, R"({"runtime_ids":["d/p","x"]})");
  CAF_CHECK(w.left == std::vector<runner_id>{{"d/p"}});
  CAF_CHECK(ask(call::daemon_heartbeat, {}, R"({"runtime_id":"d/p"})")
                ->says("\"runtime_gone\":true"));
}

CAF_TEST(a claimed task comes to a daemon with a token of its own) {
  ask(call::daemon_register, {},
      R"({"workspace_id":"default","daemon_id":"d",
          "runtimes":[{"type":"p"},{"type":"q"}]})");
  w.queue.push_back(add_task(task_status::running));
  const auto to =
      ask(call::daemon_claim, {},
          R"({"daemon_id":"d","runtime_ids":["d/p","d/q"],"max_tasks":1})");
  CAF_CHECK(to->says("\"auth_token\":\"mat_"));
  CAF_CHECK(to->says("\"runtime_id\":\"d/p\""));
  CAF_CHECK_EQUAL(w.claims, 1); // it has as many as it wants
}

CAF_TEST(a recovered runner has all pages of its tasks settled) {
  const auto to = ask(call::runner_recover, {"r"});
  CAF_CHECK(to->says("{\"failed\":6}"));
  CAF_CHECK_EQUAL(w.recovered.size(), 2u);
}

CAF_TEST(readiness tells part by part) {
  CAF_CHECK_EQUAL(ask(call::readiness)->status(), 200u);
  w.database = false;
  const auto full = ask(call::readiness);
  CAF_CHECK_EQUAL(full->status(), 503u);
  CAF_CHECK(full->says("\"database\":{\"ok\":false,\"state\":\"full\","
                       "\"explanation\":\"no room\"}"));
}

CAF_TEST(the taxonomy is told with copy in every locale) {
  const auto to = ask(call::list_failure_reasons);
  CAF_CHECK(to->says(R"("timeout in zh-CN"})"));
  CAF_CHECK(to->says(R"("brief in zh-CN"})"));
  CAF_CHECK(to->says("copy in zh-CN"));
  for (const auto& row : failure_reasons())
    CAF_CHECK(to->says(std::string{row.wire}));
}

CAF_TEST(an event stream resumes and beats) {
  w.log = {event_at(1, event_type::task_created),
           event_at(2, event_type::task_failed)};
  const auto to = ask(call::stream_events, {}, {}, {{"last-event-id", "1"}});
  CAF_CHECK(to->streamed.find("id: 2\nevent: task:failed\n")
            != std::string::npos);
  CAF_CHECK(to->streamed.find("id: 1\n") == std::string::npos);
  publish({event_at(3, event_type::task_succeeded)});
  CAF_CHECK(to->streamed.find("id: 3\n") != std::string::npos);
  to->streamed.clear();
  advance_time(15s);
  settle();
  CAF_CHECK_EQUAL(to->streamed, ": alive\n\n");
  CAF_CHECK_EQUAL(
      ask(call::stream_events, {}, {}, {{"last-event-id", "x"}})->status(),
      422u);
}

CAF_TEST(news without envelopes are read from the log for who listens) {
  const auto to = ask(call::stream_events);
  publish({event_at(1, event_type::task_created)});
  w.log = {event_at(1, event_type::task_created),
           event_at(2, event_type::task_started)};
  auto bare = event_at(2, event_type::task_started);
  bare.envelope.clear();
  const auto asked = w.subscriptions;
  publish({bare});
  CAF_CHECK_EQUAL(w.subscriptions, asked + 1);
  const auto frame = to->streamed.find("id: 2\nevent: task:started\ndata: {");
  CAF_CHECK(frame != std::string::npos);
  CAF_CHECK(to->streamed.find("id: 1\n") == to->streamed.rfind("id: 1\n"));
}
CAF_TEST(the session of a client that goes away ends with it) {
  const auto gauge = [&] { return counters->read(counter::event_subscribers); };
  std::vector<client_ptr> clients;
  for (int i = 0; i < 30; ++i)
    clients.push_back(ask(call::stream_events));
  CAF_CHECK_EQUAL(gauge(), 30);
  for (const auto& one : clients) {
    one->hang_up();
    settle();
  }
  CAF_CHECK_EQUAL(gauge(), 0);
}

CAF_TEST(what one stream reads from the log hides no gap from the others) {
  const auto live = ask(call::stream_events);
  publish({event_at(1, event_type::task_failed)});
  // The event stream was started again, and what it published did not come.
  w.log = {event_at(1, event_type::task_failed),
           event_at(2, event_type::task_failed)};
  const auto other = ask(call::stream_events, {}, {}, {{"last-event-id", "0"}});
  publish({event_at(3, event_type::task_failed)});
  for (const auto& one : {live, other})
    for (const auto* id : {"id: 1\n", "id: 2\n", "id: 3\n"}) {
      const auto at = one->streamed.find(id);
      CAF_CHECK(at != std::string::npos);
      CAF_CHECK(at == one->streamed.rfind(id));
    }
}

CAF_TEST(a slow reader gets history and news when it has room) {
  for (int at = 1; at <= 40; ++at) {
    w.log.push_back(event_at(at, event_type::task_created));
    w.log.back().envelope.assign(50'000, 'x');
  }
  const auto to = std::make_shared<client>();
  to->reads = false;
  ask_as(to, call::stream_events, {}, {}, {{"last-event-id", "0"}});
  const auto had = [&](int at) {
    const auto id = "id: " + std::to_string(at) + "\n";
    const auto first = to->streamed.find(id);
    return first != std::string::npos && first == to->streamed.rfind(id);
  };
  CAF_CHECK(had(1));
  CAF_CHECK(!had(10));
  CAF_CHECK(to->untaken < 320'000);
  const auto next = event_at(41, event_type::task_failed);
  w.log.push_back(next);
  publish({next});
  CAF_CHECK(!had(41));
  for (int i = 0; i < 12; ++i) {
    CAF_CHECK(to->untaken < 320'000);
    to->take();
    settle();
  }
  for (int at = 1; at <= 41; ++at)
    CAF_CHECK(had(at));
  CAF_MESSAGE("and is live from then on");
  publish({event_at(42, event_type::task_failed)});
  CAF_CHECK(had(42));
}

CAF_TEST(an event stream that was started again costs nobody an event) {
  const auto to = ask(call::stream_events);
  const auto waiting = claim(30);
  publish({event_at(1, event_type::task_failed)});
  // A new one knows no listener: what it publishes now does not come.
  w.log = {event_at(1, event_type::task_failed),
           event_at(2, event_type::task_created),
           event_at(3, event_type::task_failed)};
  w.queue = {add_task(task_status::running)};
  const auto token =
      attempt_token("key", w.queue.front().id, 1, runner_id{"r"});
  const auto before = w.subscriptions;
  advance_time(1s);
  settle();
  CAF_CHECK(w.subscriptions > before);
  const auto heard = [&](int position) {
    const auto id = "id: " + std::to_string(position) + "\n";
    const auto at = to->streamed.find(id);
    return at != std::string::npos
           && to->streamed.find(id, at + 1) == std::string::npos;
  };
  CAF_CHECK(heard(1) && heard(2) && heard(3));
  CAF_CHECK(waiting->says(token));
  // It knows this listener again before it has answered with what was missed.
  w.log.push_back(event_at(4, event_type::task_failed));
  w.log.push_back(event_at(5, event_type::task_failed));
  publish({event_at(5, event_type::task_failed)});
  publish({event_at(6, event_type::task_failed)});
  CAF_CHECK(heard(4) && heard(5) && heard(6));
  // If nothing was lost then nothing but the subscription is asked.
  w.log.push_back(event_at(6, event_type::task_failed));
  const auto calm = w.subscriptions;
  advance_time(1s);
  settle();
  CAF_CHECK_EQUAL(w.subscriptions, calm + 1);
}

CAF_TEST(an attempt token heartbeats for its own attempt alone) {
  const auto mine = to_string(add_task(task_status::running).id);
  const auto other = to_string(add_task(task_status::running).id);
  caller.task = task_id{*parse_uuid(mine)};
  caller.attempt = 1;
  const auto beat = [&](const std::string& task) {
    return ask(call::runner_heartbeat, {"r"},
               R"({"tasks":[{"task_id":")" + task + "\"}]}")
        ->status();
  };
  CAF_CHECK_EQUAL(beat(mine), 200u);
  CAF_CHECK_EQUAL(beat(other), 403u);
}

CAF_TEST_FIXTURE_SCOPE_END()
