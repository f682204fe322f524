#pragma once

#include "messages/store.hpp"

namespace telltale {

/// What subscribers get of an event that has this position.
[[nodiscard]] inline published_event
as_published(const event_publication& event, std::int64_t position) {
  published_event result;
  result.position = position;
  result.id = event.facts.id;
  result.type = event.facts.type;
  result.task = event.facts.task;
  result.chat_session = event.facts.chat_session.value;
  if (!event.head.empty())
    result.envelope = event.head + event.payload + "}";
  result.next_attempt_at = event.facts.next_attempt_at;
  result.kind = event.facts.kind;
  return result;
}

} // namespace telltale
