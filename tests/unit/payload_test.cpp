// libs: telltale_failed_task_payload telltale_persistence Boost::json
#define CAF_SUITE unit.payload

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/json.hpp>

#include <caf/scoped_actor.hpp>

#include "actors/failed_task_payload/build.hpp"
#include "actors/failed_task_payload/failed_task_payload.hpp"
#include "actors/persistence/stored_text.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

namespace json = boost::json;

event_facts make_facts(event_type type = event_type::task_failed) {
  event_facts facts;
  facts.id.value = make_uuid_v7();
  facts.type = type;
  facts.occurred_at = *parse_rfc3339("2026-06-23T10:49:00Z");
  facts.task.value = *parse_uuid("018f0000-0000-7000-8000-000000000001");
  facts.attempt = 2;
  facts.max_attempts = 2;
  facts.kind = "review";
  facts.title = redacted_text::from_platform("Review of !7");
  facts.chat_session.value = "session-1";
  facts.status = task_status::failed;
  facts.outcome = task_outcome::failed;
  facts.why = reason::agent_provider_network;
  facts.error = redacted_text::from_platform("connection \"reset\"\nby peer");
  facts.origin = error_origin::runner;
  return facts;
}

json::object parse(const std::string& text) {
  return json::parse(text).as_object();
}

std::vector<std::string> keys_of(const std::string& text) {
  std::vector<std::string> result;
  for (const auto& entry : parse(text))
    result.emplace_back(entry.key());
  return result;
}

const std::vector<std::string> failure_keys{
    "schema",          "event_id",       "type",
    "task_id",         "attempt",        "max_attempts",
    "chat_session_id", "workspace_id",   "agent_id",
    "issue_id",        "kind",           "title",
    "status",          "failure_reason", "failure_side",
    "error",           "error_origin",   "retry_pending",
    "next_attempt_at", "occurred_at",    "run_url"};

// --- scripted neighbours
// ------------------------------------------------------

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

  void start() {
    payload_wiring wiring;
    wiring.redaction = sys.spawn(fake_redaction);
    wiring.events = sys.spawn(fake_log, &s);
    wiring.stream = sys.spawn(fake_stream, &s);
    wiring.targets = targets;
    wiring.is_heard = is_heard;
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

CAF_TEST(a payload has all keys in the order of the contract) {
  const auto facts = make_facts();
  const auto full = task_failed_builder::build(facts, "http://page/");
  CAF_CHECK_EQUAL(keys_of(full.json()), failure_keys);
  CAF_CHECK_EQUAL(
      full.json(),
      R"({"schema":"telltale.task_failed.v1","event_id":")"
          + to_string(facts.id)
          + R"(","type":"task:failed",)"
            R"("task_id":"018f0000-0000-7000-8000-000000000001","attempt":2,)"
            R"("max_attempts":2,"chat_session_id":"session-1",)"
            R"("workspace_id":null,"agent_id":null,"issue_id":null,)"
            R"("kind":"review","title":"Review of !7","status":"failed",)"
            R"("failure_reason":"agent_error.provider_network",)"
            R"("failure_side":"agent","error":"connection \"reset\"\nby peer",)"
            R"("error_origin":"runner","retry_pending":false,)"
            R"("next_attempt_at":null,)"
            R"("occurred_at":"2026-06-23T10:49:00.000000Z",)"
            R"("run_url":"http://page/runs/)"
            R"(018f0000-0000-7000-8000-000000000001"})");
  event_facts bare;
  bare.type = event_type::task_failed;
  bare.origin = error_origin::runner;
  const auto least = task_failed_builder::build(bare, "");
  CAF_CHECK_EQUAL(keys_of(least.json()), failure_keys);
  const auto read = parse(least.json());
  for (const auto* key :
       {"chat_session_id", "error", "error_origin", "failure_reason",
        "failure_side", "run_url", "next_attempt_at", "workspace_id"})
    CAF_CHECK(read.at(key).is_null());
  auto blank = facts;
  blank.error = redacted_text::from_platform(" \n");
  CAF_CHECK(parse(task_failed_builder::build(blank, "").json())
                .at("error_origin")
                .is_null());
  auto retried = facts;
  retried.retry_pending = true;
  retried.next_attempt_at = facts.occurred_at + 90s;
  const auto pending = parse(task_failed_builder::build(retried, "").json());
  CAF_CHECK(pending.at("retry_pending").as_bool());
  CAF_CHECK_EQUAL(std::string{pending.at("next_attempt_at").as_string()},
                  "2026-06-23T10:50:30.000000Z");
}

CAF_TEST(finding 9 error and chat session are in payload and envelope) {
  auto reported = make_facts();
  auto swept = make_facts();
  swept.why = reason::runtime_offline;
  swept.error = redacted_text::from_platform("runtime went offline");
  swept.origin = error_origin::platform;
  for (const auto& facts : {reported, swept}) {
    const auto event = build_publication(facts, "", {});
    const auto envelope = parse(event.head + event.payload + "}");
    const auto& payload = envelope.at("payload").as_object();
    CAF_CHECK_EQUAL(std::string{payload.at("error").as_string()},
                    facts.error.view());
    for (const auto* key : {"type", "task_id", "chat_session_id"})
      CAF_CHECK(envelope.at(key) == payload.at(key));
    CAF_CHECK_EQUAL(std::string{envelope.at("chat_session_id").as_string()},
                    "session-1");
  }
  auto homeless = make_facts();
  homeless.chat_session = {};
  const auto event = build_publication(homeless, "", {});
  const auto envelope = parse(event.head + event.payload + "}");
  CAF_CHECK(envelope.at("chat_session_id").is_null());
}

CAF_TEST(finding 10 no second publisher can make a payload) {
  CAF_CHECK(!std::is_default_constructible_v<task_failed>);
  CAF_CHECK((!std::is_constructible_v<task_failed, event_facts, std::string>));
  CAF_CHECK(!std::is_aggregate_v<task_failed>);
}

CAF_TEST(finding 16 a payload routes without its envelope) {
  const auto facts = make_facts();
  const auto event = build_publication(facts, "", {});
  const auto payload = parse(event.payload);
  CAF_CHECK_EQUAL(std::string{payload.at("type").as_string()}, "task:failed");
  CAF_CHECK_EQUAL(std::string{payload.at("task_id").as_string()},
                  to_string(facts.task));
  CAF_CHECK_EQUAL(std::string{payload.at("chat_session_id").as_string()},
                  facts.chat_session.value);
  CAF_CHECK_EQUAL(std::string{payload.at("event_id").as_string()},
                  to_string(facts.id));
}

CAF_TEST(people hear of final failures and of recoveries) {
  const std::vector<webhook_target> hooks{
      {"plain", {}},
      {"all", {"task:created", "task:failed", "delivery:sent"}},
      {"none", {"task:cancelled"}}};
  struct row {
    event_type type;
    bool retry_pending, chat, after_failure;
    std::vector<std::string> webhooks;
  };
  const std::vector<row> table{
      {event_type::task_failed, false, true, false, {"plain", "all"}},
      {event_type::task_failed, true, false, false, {"plain", "all"}},
      {event_type::task_recovered, false, true, true, {"plain"}},
      {event_type::task_created, false, false, false, {"all"}},
      {event_type::task_started, false, false, false, {}},
      {event_type::task_succeeded, false, false, false, {}},
      {event_type::task_cancelled, false, false, false, {"none"}},
      {event_type::delivery_sent, false, false, false, {}},
      {event_type::delivery_dead, false, false, false, {}}};
  for (const auto& [type, retry_pending, chat, after_failure, webhooks] :
       table) {
    auto facts = make_facts(type);
    facts.retry_pending = retry_pending;
    const auto told = choose_audience(facts, hooks);
    CAF_CHECK((told == audience{chat, after_failure, webhooks}));
    const auto event = build_publication(facts, "", hooks);
    CAF_CHECK_EQUAL(event.to_chat, chat);
    const auto envelope = parse(event.head + event.payload + "}");
    CAF_CHECK_EQUAL(std::string{envelope.at("type").as_string()},
                    to_string(type));
  }
}

CAF_TEST_FIXTURE_SCOPE(payload_tests, fixture)

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
  self->send(uut, publish_backlog{});
  settle();
  CAF_CHECK_EQUAL(s.looks.size(), 3u);
  sched.advance_time(5s);
  settle();
  CAF_CHECK_EQUAL(s.looks.size(), 4u);
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
  CAF_CHECK_EQUAL(parse(of(s.published.back(), old).payload).at("title"),
                  "~Review of !7");
  plain.id.value = make_uuid_v7();
  commit({plain});
  CAF_CHECK_EQUAL(of(s.published.back(), plain).payload, "");
  CAF_MESSAGE("a subscriber gets them as they come");
  heard = true;
  plain.id.value = make_uuid_v7();
  commit({plain});
  CAF_CHECK_EQUAL(parse(of(s.published.back(), plain).payload).at("title"),
                  "~Review of !7");
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
