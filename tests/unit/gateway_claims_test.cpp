// libs: telltale_gateway
#define CAF_SUITE unit.gateway_claims

#include "tests/support/gateway_fixture.hpp"

#include "tests/support/checks.hpp"

// Claims that wait, claims that nobody waits for any more, and runners that
// keep their tasks.

using namespace telltale;
using namespace telltale::test;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(gateway_claims_tests, gateway_fixture)

CAF_TEST(a claim is served at once with a token for the attempt) {
  w.queue.push_back(add_task(task_status::running));
  const auto token =
      attempt_token("key", w.queue.front().id, 1, runner_id{"r"});
  const auto to = claim(0);
  CAF_CHECK_EQUAL(to->status(), 200u);
  CAF_CHECK(to->says("\"token\":\"" + token + "\""));
  CAF_CHECK_EQUAL(claim(0)->status(), 200u);
}

CAF_TEST(values that a claim brings reach the store sealed alone) {
  ask(call::claim_tasks, {},
      R"({"runner_id":"r","mask":["ci-worker-7"],"wait_seconds":0})");
  CAF_CHECK_EQUAL(w.claims, 1);
  CAF_CHECK_EQUAL(w.claimed_mask.bytes, "sealed");
  claim(0);
  CAF_CHECK(w.claimed_mask.empty());
  const auto to =
      ask(call::claim_tasks, {}, R"({"runner_id":"r","mask":"ci-worker-7"})");
  CAF_CHECK_EQUAL(to->status(), 422u);
  CAF_CHECK(!to->says("ci-worker"));
}

CAF_TEST(a waiting claim asks nothing until a task is made) {
  const auto to = claim(30);
  CAF_CHECK_EQUAL(w.claims, 1);
  advance_time(10s);
  settle();
  CAF_CHECK_EQUAL(w.claims, 1);
  CAF_CHECK(to->answers.empty());
  w.queue.push_back(add_task(task_status::running));
  ask(call::create_task, {}, R"({"kind":"k"})");
  CAF_CHECK_EQUAL(w.claims, 2);
  CAF_CHECK_EQUAL(to->status(), 200u);
  CAF_CHECK(to->says("task_id"));
}

CAF_TEST(a new task makes one claim ask and its event none) {
  const auto claim_kind = [&](const std::string& kind) {
    return ask(call::claim_tasks, {},
               R"({"runner_id":"r","wait_seconds":30,"kinds":[")" + kind
                   + "\"]}");
  };
  for (int i = 0; i < 20; ++i)
    claim_kind("other-" + std::to_string(i));
  const auto first = claim_kind("k");
  const auto second = claim_kind("k");
  CAF_CHECK_EQUAL(w.claims, 22);
  w.queue.push_back(add_task(task_status::running));
  ask(call::create_task, {}, R"({"kind":"k"})");
  CAF_CHECK_EQUAL(w.claims, 23);
  CAF_CHECK_EQUAL(first->status(), 200u);
  CAF_CHECK_EQUAL(second->status(), 0u);
  auto news = event_at(1, event_type::task_created);
  news.task = w.created.back().task.id;
  news.kind = "k";
  publish({news});
  CAF_CHECK_EQUAL(w.claims, 23);
  // One from elsewhere.
  news.task = task_id{make_uuid_v7()};
  w.queue.push_back(add_task(task_status::running));
  publish({news});
  CAF_CHECK_EQUAL(w.claims, 24);
  CAF_CHECK_EQUAL(second->status(), 200u);
}

CAF_TEST(the store learns whether a claim is still wanted) {
  const auto to = claim(30);
  CAF_CHECK(w.claim_ticket.is_wanted(sched.clock().now() + 30s));
  CAF_CHECK(!w.claim_ticket.is_wanted(sched.clock().now() + 60s));
  CAF_REQUIRE(to->hang_up);
  to->hang_up();
  CAF_CHECK(!w.claim_ticket.is_wanted(sched.clock().now()));
}

CAF_TEST(waiting for long leaves few ticks however many wait) {
  const auto stream = ask(call::stream_events);
  for (int i = 1; i <= 30; ++i)
    for (int k = 0; k < 5; ++k)
      claim(i);
  auto retry = event_at(1, event_type::task_failed);
  for (int i = 1; i <= 25; ++i) {
    retry.position = i;
    retry.retry_at = now_utc() + std::chrono::seconds{i};
    publish({retry});
  }
  for (int second = 0; second < 40; ++second) {
    sched.advance_time(1s);
    settle();
    CAF_CHECK(counters->read(counter::timers, "gateway") <= 3);
  }
  // One a second to subscribe; dues and deadlines between them.
  CAF_CHECK(counters->read(counter::actor_messages_total, "gateway") <= 120);
  CAF_CHECK(counters->read(counter::actor_messages_total, "gateway") >= 30);
}

CAF_TEST(a waiting claim wakes by events from elsewhere) {
  const auto first = claim(30);
  const auto second = claim(30);
  w.queue.push_back(add_task(task_status::running));
  publish({event_at(1, event_type::task_created)});
  CAF_CHECK_EQUAL(first->status(), 200u);
  // The first got all it asked for, so the next one looked, too.
  CAF_CHECK(second->answers.empty());
  publish({event_at(2, event_type::task_succeeded)});
  CAF_CHECK(second->answers.empty());
  w.queue.push_back(add_task(task_status::running));
  auto retry = event_at(3, event_type::task_failed);
  retry.retry_at = now_utc();
  publish({retry});
  CAF_CHECK_EQUAL(second->status(), 200u);
}

CAF_TEST(a waiting claim wakes when a deferred task is due) {
  w.next_due = now_utc() + 5s;
  const auto to = claim(30);
  w.queue.push_back(add_task(task_status::running));
  advance_time(4s);
  settle();
  CAF_CHECK(to->answers.empty());
  advance_time(1100ms);
  settle();
  CAF_CHECK_EQUAL(to->status(), 200u);
}

CAF_TEST(a claim that waited in vain is answered with no tasks) {
  const auto to = claim(30);
  advance_time(29s);
  settle();
  CAF_CHECK(to->answers.empty());
  advance_time(1s);
  settle();
  CAF_CHECK_EQUAL(to->status(), 200u);
  CAF_CHECK(to->says("{\"tasks\":[]}"));
  CAF_CHECK_EQUAL(w.claims, 1);
}

CAF_TEST(a stop answers waiting claims and closes streams) {
  const auto waiting = claim(30);
  const auto stream = ask(call::stream_events);
  self->send(uut, drain_requests{});
  settle();
  CAF_CHECK_EQUAL(waiting->status(), 200u);
  CAF_CHECK(stream->closed);
}

CAF_TEST(a waiting claim whose client has gone leaves the line) {
  const auto first = claim(20);
  const auto second = claim(20);
  CAF_REQUIRE(first->hang_up);
  first->hang_up();
  settle();
  CAF_CHECK_EQUAL(first->status(), 200u); // should it listen on
  w.queue.push_back(add_task(task_status::running));
  publish({event_at(1, event_type::task_created)});
  CAF_CHECK(second->says("task_id"));
  CAF_CHECK(w.given_back.empty());
}

CAF_TEST(a claim that is answered to nobody gives its tasks back) {
  auto task = add_task(task_status::running);
  task.version = 7;
  w.queue.push_back(task);
  const auto to = std::make_shared<client>();
  to->leaves_at_once = true;
  ask_as(to, call::claim_tasks, {}, R"({"runner_id":"r"})");
  CAF_REQUIRE_EQUAL(w.given_back.size(), 1u);
  CAF_CHECK(w.given_back[0] == (claimed_task{task.id, 1, 7}));
}

CAF_TEST(who was woken in vain keeps its place in the line) {
  const auto first = claim(20);
  const auto second = claim(20);
  publish({event_at(1, event_type::task_created)}); // somebody was faster
  w.queue.push_back(add_task(task_status::running));
  publish({event_at(2, event_type::task_created)});
  CAF_CHECK(first->says("task_id"));
  CAF_CHECK_EQUAL(second->status(), 0u);
}

CAF_TEST(a runner keeps its task by asking for it) {
  auto& task = add_task(task_status::running);
  const auto asks = [&](call what) {
    w.beats.clear();
    ask(what, {to_string(task.id)});
    return w.beats;
  };
  task.lease_expires_at = now_utc() + 50s;
  CAF_CHECK(asks(call::read_status).empty()); // long enough
  task.lease_expires_at = now_utc() + 20s;
  const std::vector<beat_heart> renewed{{{}, {{task.id, 1u}}}};
  CAF_CHECK(asks(call::read_status) == renewed);
  CAF_CHECK(asks(call::daemon_status) == renewed);
  task.runner = {"r1"};
  const std::vector<beat_heart> named{{{"r1"}, {{task.id, 1u}}}};
  CAF_CHECK(asks(call::read_status) == named);
  task.lease_expires_at = now_utc() + 50s;
  const std::vector<beat_heart> alive{{{"r1"}, {}}};
  CAF_CHECK(asks(call::read_status) == alive);
  CAF_MESSAGE("who may ask for an attempt that was lost keeps nothing");
  attempt_record second;
  second.number = 2;
  second.claimed = true;
  w.attempts = {second};
  task.attempt = 2;
  task.lease_expires_at = now_utc() + 20s;
  CAF_CHECK(asks(call::read_status).empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
