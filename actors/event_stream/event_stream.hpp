#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <caf/typed_response_promise.hpp>

#include "actors/event_stream/replay_buffer.hpp"
#include "config/config.hpp"
#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

// Fans published events out to listeners, in the order of their positions,
// without gap or repeat.
//
// Accepts `events_published` (from failed_task_payload, right after their
// commit), `subscribe_events` (anybody), `replica_published` (from the other
// replicas), `poll_events` (itself, every `events.poll`) and `pass_events`
// (itself, 20 ms after the last news, if more came meanwhile). Sends
// `events_published` to listeners, `read_events`, one at a time, and
// `envelopes_wanted` to failed_task_payload. Never passes on an event whose
// predecessor it has not passed on.
//
// Positions ascend in the order of commits and have gaps. An event that does
// not have the next position, and of which nobody says what lies before it, is
// read from the store together with what lies before it. What other replicas
// publish is read without envelopes while no listener needs them: a listener
// that comes to need them asks for those events again.
//
// After a quiet time an event passes on at once; of a busy time's events those
// of 20 ms become one message, and so one write to each client: with hundreds
// of events a second, most of the cost of a client is the number of writes.
//
// Failure: a listener that goes down is forgotten; a store that does not answer
// is asked again at the next poll. Threading: the scheduler's.

struct event_stream_state {
  static inline const char* name = "event-stream";

  /// No aggregate: CAF constructs a state from the actor's pointer where that
  /// is possible, and C++20 finds it possible if the first member is a handle.
  event_stream_state() = default;

  static constexpr std::uint32_t page = 500; ///< events of one read
  /// Between two reads for what other replicas say.
  static constexpr std::chrono::milliseconds replica_pause{100};
  static constexpr std::size_t most_waiting = 1'000; ///< early subscribers
  /// Between two messages to listeners, but for one that is a page.
  static constexpr std::chrono::milliseconds pass_pause{20};

  failed_task_payload_actor payloads;
  config::events_config options;
  counter_board_ptr counters; ///< may be null
  actor_timer<poll_events> poll;
  replay_buffer recent{0};
  std::int64_t cursor = -1; ///< the newest position here; -1: not known yet
  bool reading = false;     ///< one read of the store at a time
  bool is_away = false;     ///< the last read failed, and that was logged
  bool read_again = false;  ///< something new may have come since it began
  actor_timer<poll_events>::time_point read_at{}; ///< when the last one began

  events_published gathered; ///< for listeners, less than a page
  actor_timer<pass_events> pass;
  actor_timer<pass_events>::time_point passed_at{}; ///< the last message

  /// Who hears of events; forgotten when it goes down.
  struct listener {
    event_listener_handle who;
    bool envelopes = true; ///< it needs them now
  };
  std::vector<listener> listeners;

  /// Subscribers that came before the cursor was known, at most
  /// `most_waiting`.
  struct early {
    subscribe_events what;
    caf::typed_response_promise<events_read> promise;
  };
  std::vector<early> waiting;
};

/// An answer to `subscribe_events` holds at most 500 events, or as many as it
/// asks for; `newest` is the newest position that memory has. A subscriber
/// whose last event lies below it asks again with that position; what it hears
/// twice it knows by the position. A listener may subscribe any number of times
/// and hears each event once.
[[nodiscard]] event_stream_actor::behavior_type
event_stream(event_stream_actor::stateful_pointer<event_stream_state> self,
             failed_task_payload_actor payloads, config::events_config options,
             counter_board_ptr counters);

} // namespace telltale
