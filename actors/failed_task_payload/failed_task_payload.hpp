#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <caf/typed_event_based_actor.hpp>

#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// What the actor is given at its start; the rest comes as `payload_peers`.
struct payload_options {
  redaction_actor redaction;
  std::string public_url;     ///< of the page; empty: payloads have no link
  counter_board_ptr counters; ///< null: no metrics
};

/// Where both failure paths meet: makes every payload.
///
/// Accepts events_committed from the stores, take_deliveries from relays,
/// read_events and envelopes_wanted from the event stream, payload_peers from
/// the composition root. Sends narrow_texts to redaction, notices_due and
/// deliveries_due to relays, events_published to the stream, notify_replicas to
/// the other replicas, take_deliveries and record_deliveries to the store of
/// deliveries, read_events to the log. Never says anything that is not a
/// function of committed facts, and keeps nothing: whatever is lost here is in
/// the store.
///
/// Failure: a lease that nobody here can use goes back to the store at once. If
/// redaction does not answer, or if more than `most_under_way` events wait for
/// it, events go no further: relays take their deliveries from the store, and
/// the stream reads the log.
/// Threading: the scheduler's; blocks never.
struct failed_task_payload_state {
  static inline const char* name = "failed-task-payload";

  failed_task_payload_state() = default; ///< no aggregate, for CAF

  static constexpr std::size_t most_under_way = 10'000;

  payload_options options;
  std::optional<payload_peers> peers; ///< nothing until the start is through
  bool envelopes = false;             ///< somebody follows the event stream
  std::size_t under_way = 0;          ///< events that redaction has
  bool is_full = false;               ///< it was too many, and that was logged
};

[[nodiscard]] failed_task_payload_actor::behavior_type failed_task_payload(
    failed_task_payload_actor::stateful_pointer<failed_task_payload_state> self,
    payload_options options);

} // namespace telltale
