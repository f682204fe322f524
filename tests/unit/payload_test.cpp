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
#include "tests/support/sample_facts.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;
using test::make_facts;
using test::parse;

namespace {

namespace json = boost::json;

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
    "error",           "error_origin",   "telling_line",
    "cause",           "retry_pending",  "next_attempt_at",
    "occurred_at",     "run_url",        "amends"};

} // namespace

CAF_TEST(a payload has all keys in the order of the contract) {
  const auto facts = make_facts();
  const auto full = payload_builder::build(facts, "http://page/");
  CAF_CHECK_EQUAL(keys_of(full->json()), failure_keys);
  CAF_CHECK(dynamic_cast<const task_failed*>(full.get()) != nullptr);
  CAF_CHECK_EQUAL(
      full->json(),
      R"({"schema":"telltale.task_failed.v1","event_id":")"
          + to_string(facts.id)
          + R"(","type":"task:failed",)"
            R"("task_id":"018f0000-0000-7000-8000-000000000001","attempt":2,)"
            R"("max_attempts":2,"chat_session_id":"session-1",)"
            R"("workspace_id":null,"agent_id":null,"issue_id":null,)"
            R"("kind":"review","title":"Review of !7","status":"failed",)"
            R"("failure_reason":"agent_error.provider_network",)"
            R"("failure_side":"agent","error":"connection \"reset\"\nby peer",)"
            R"("error_origin":"runner","telling_line":null,"cause":null,)"
            R"("retry_pending":false,)"
            R"("next_attempt_at":null,)"
            R"("occurred_at":"2026-06-23T10:49:00.000000Z",)"
            R"("run_url":"http://page/runs/)"
            R"(018f0000-0000-7000-8000-000000000001","amends":null})");
  auto correction = facts;
  correction.type = event_type::task_amended;
  correction.amended = facts.id;
  const auto amended = payload_builder::build(correction, "");
  CAF_CHECK_EQUAL(keys_of(amended->json()), failure_keys);
  CAF_CHECK(dynamic_cast<const task_failed*>(amended.get()) != nullptr);
  CAF_CHECK_EQUAL(std::string{parse(amended->json()).at("amends").as_string()},
                  to_string(facts.id));
  event_facts bare;
  bare.type = event_type::task_failed;
  bare.origin = detail_origin::runner;
  const auto least = payload_builder::build(bare, "");
  CAF_CHECK_EQUAL(keys_of(least->json()), failure_keys);
  const auto read = parse(least->json());
  for (const auto* key :
       {"chat_session_id", "error", "error_origin", "failure_reason",
        "failure_side", "run_url", "next_attempt_at", "workspace_id"})
    CAF_CHECK(read.at(key).is_null());
  auto blank = facts;
  blank.error = redacted_text::from_platform(" \n");
  CAF_CHECK(parse(payload_builder::build(blank, "")->json())
                .at("error_origin")
                .is_null());
  auto retried = facts;
  retried.will_retry = true;
  retried.retry_at = facts.occurred_at + 90s;
  const auto pending = parse(payload_builder::build(retried, "")->json());
  CAF_CHECK(pending.at("retry_pending").as_bool());
  CAF_CHECK_EQUAL(std::string{pending.at("next_attempt_at").as_string()},
                  "2026-06-23T10:50:30.000000Z");
}

CAF_TEST(error and chat session are in payload and envelope) {
  auto reported = make_facts();
  auto swept = make_facts();
  swept.failure_reason = reason::runtime_offline;
  swept.error = redacted_text::from_platform("runtime went offline");
  swept.origin = detail_origin::platform;
  for (const auto& facts : {reported, swept}) {
    const auto event = payload_builder::build(facts, "");
    const auto envelope = parse(event->envelope());
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
  const auto event = payload_builder::build(homeless, "");
  const auto envelope = parse(event->envelope());
  CAF_CHECK(envelope.at("chat_session_id").is_null());
}

CAF_TEST(no second publisher can make a payload) {
  CAF_CHECK(!std::is_default_constructible_v<task_failed>);
  CAF_CHECK((!std::is_constructible_v<task_failed, event_facts, std::string,
                                      std::string, std::string>));
  CAF_CHECK(!std::is_aggregate_v<task_failed>);
  CAF_CHECK(!std::is_copy_constructible_v<task_failed>);
  CAF_CHECK(!std::is_copy_constructible_v<event_payload>);
}

CAF_TEST(a payload routes without its envelope) {
  const auto facts = make_facts();
  const auto event = payload_builder::build(facts, "");
  const auto payload = parse(event->json());
  CAF_CHECK_EQUAL(std::string{payload.at("type").as_string()}, "task:failed");
  CAF_CHECK_EQUAL(std::string{payload.at("task_id").as_string()},
                  to_string(facts.task));
  CAF_CHECK_EQUAL(std::string{payload.at("chat_session_id").as_string()},
                  facts.chat_session.value);
  CAF_CHECK_EQUAL(std::string{payload.at("event_id").as_string()},
                  to_string(facts.id));
}
