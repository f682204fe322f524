#pragma once

#include <string>

#include <boost/json.hpp>

#include "messages/event.hpp"

// Facts of a failed review, and what is written of them.
namespace telltale::test {

inline event_facts make_facts(event_type type = event_type::task_failed) {
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
  facts.failure_reason = reason::agent_provider_network;
  facts.error = redacted_text::from_platform("connection \"reset\"\nby peer");
  facts.origin = detail_origin::runner;
  return facts;
}

inline boost::json::object parse(const std::string& text) {
  return boost::json::parse(text).as_object();
}

} // namespace telltale::test
