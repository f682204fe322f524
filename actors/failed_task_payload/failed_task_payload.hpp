#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "actors/failed_task_payload/targets.hpp"
#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// What the room is given.
struct payload_wiring {
  redaction_actor redaction;
  event_store_actor events;
  event_listener_handle stream;
  live_targets_ptr targets; ///< never null
  std::string public_url;   ///< of the page; empty: payloads have no link
  /// Does anybody follow the stream? If not, events that nobody has to be told
  /// pass without their envelope. Empty: somebody does. Any thread.
  std::function<bool()> is_heard;
  /// Tells other replicas that something was published, and whether there are
  /// deliveries to make. May be empty. Does not block.
  std::function<void(bool deliveries)> announce;
  counter_board_ptr counters{}; ///< null: no metrics
};

/// Where both failure paths meet: builds every payload and publishes events.
///
/// Accepts events_committed from the stores, replica_published from the other
/// replicas, publish_backlog and retry_publication from itself. Sends
/// narrow_texts to redaction, publish_events and take_unpublished to the event
/// log, events_published to the stream, deliveries_due to relays. Never says
/// anything that is not a function of committed facts. Events that nobody is to
/// be sent, and that have their position, are published by that: they go to the
/// stream without the log's help.
///
/// One publication is in flight; what arrives meanwhile goes into the next.
/// Failure: facts wait and are tried again with growing delay; beyond
/// `most_waiting`, or so many bytes, they are let go, since the log has them,
/// and the periodic look at what is unpublished (at start: at all of it) brings
/// them back. So it does with whatever a crash interrupted.
/// Threading: the scheduler's; blocks never.
struct failed_task_payload_state {
  static inline const char* name = "failed-task-payload";

  static constexpr std::size_t most_waiting = 10'000;
  /// Of their texts: what people wrote, and what runners said.
  static constexpr std::size_t most_waiting_bytes = 33'554'432;
  static constexpr std::size_t largest_batch = 500;
  static constexpr std::chrono::milliseconds look_every{5'000};
  static constexpr std::chrono::milliseconds overdue{2'000};
  static constexpr std::chrono::milliseconds first_backoff{100};
  static constexpr std::chrono::milliseconds last_backoff{5'000};

  payload_wiring wiring;
  std::deque<event_facts> waiting;
  std::size_t waiting_bytes = 0;  ///< of their texts
  std::vector<event_facts> batch; ///< in flight; empty: none is
  std::size_t worded = 0;         ///< the first so many of it need their texts
  std::unordered_set<event_id> held;       ///< ids of both
  std::size_t batch_limit = largest_batch; ///< smaller after a refusal
  std::chrono::milliseconds backoff{0};    ///< 0: the last try went well
  bool paused = false;      ///< until the next try, after a failure
  bool looking = false;     ///< a take_unpublished is under way
  bool look_failed = false; ///< the last one did, and that was logged
  bool looked_once = false; ///< the first look takes everything
  bool more_in_log = false; ///< the last look did not see the end
  actor_timer<publish_backlog> next_look;
  actor_timer<retry_publication> retry;
  actor_timer<publish_backlog>::time_point looked_at{}; ///< for the last time
};

[[nodiscard]] failed_task_payload_actor::behavior_type failed_task_payload(
    failed_task_payload_actor::stateful_pointer<failed_task_payload_state> self,
    payload_wiring wiring);

} // namespace telltale
