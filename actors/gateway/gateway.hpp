#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "actors/gateway/claims.hpp"
#include "actors/gateway/edge/access.hpp"
#include "actors/gateway/event_sessions.hpp"
#include "actors/gateway/known_runtimes.hpp"
#include "actors/gateway/known_sessions.hpp"
#include "actors/gateway/reason_catalog.hpp"
#include "actors/gateway/reply.hpp"
#include "config/config.hpp"
#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

// Requests to messages and back.
//
// Accepts `http_call`, `client_gone`, `stream_changed` and `drain_requests`
// (from the edge and its connections), `reports_settled` (from status_intake
// and the writers), `events_published` (from the event stream),
// `options_changed` (from the system) and `gateway_tick` (itself). Sends
// requests to the actors in `gateway_peers`, answers to the requests'
// exchanges, access rules to the edge. Never blocks, never polls the database:
// a claim that finds nothing is parked and asks again when a task that it may
// take is made here, told of by an event, or due.
//
// Failure: an error of a peer becomes a problem answer; a question that got
// lost is answered 500 by its reply token. Threading: the scheduler's.

/// The actors that the gateway asks.
struct gateway_peers {
  task_commands_actor commands;
  claim_dispatcher_actor claims;
  task_query_actor queries;
  readiness_actor readiness;
  statistics_actor statistics;
  chat_store_actor chats;
  redelivery_store_actor deliveries;
  mute_store_actor mutes;
  session_store_actor page_sessions;
  redaction_actor redaction;
  reaper_actor reaper;
  event_stream_actor events;
  status_intake_actor intake;
  heartbeat_store_actor beats;
  relay_waker_actor relays;
};

/// What the gateway is given at its start and what stays as it is.
struct gateway_setup {
  config::tasks_config tasks;
  config::events_config events;
  reason_catalog reasons;    ///< what people read about failures
  std::string attempt_key;   ///< of claims' tokens, see `attempt_token`
  bool behind_https = false; ///< people reach the service by HTTPS alone
  std::function<timestamp()> now = now_utc; ///< replaced by tests
};

struct gateway_state {
  static inline const char* name = "gateway";

  gateway_peers peers;
  gateway_setup setup;
  gateway_options options; ///< as the system told them last
  access_rules_ptr access; ///< the same; null: not yet
  edge_link_ptr edge;
  counter_board_ptr counters;   ///< may be null
  claim_line claims;            ///< long polls that wait for a task
  known_runtimes runtimes;      ///< of daemons that called lately
  announced_tasks announced;    ///< new tasks that claims were told of
  known_sessions page_sessions; ///< of pages that called lately
  event_sessions sessions;      ///< open event streams
  bool subscribed = false;      ///< the event stream knows this listener

  using time_point = std::chrono::steady_clock::time_point;
  /// For everything below that waits for its time.
  actor_timer<gateway_tick> timer{std::chrono::milliseconds{20}};
  time_point next_subscription{}; ///< it is renewed again and again
  time_point next_beat{};         ///< of open event streams
};

[[nodiscard]] gateway_actor::behavior_type
gateway(gateway_actor::stateful_pointer<gateway_state> self,
        gateway_peers peers, gateway_setup setup, edge_link_ptr edge,
        counter_board_ptr counters);

} // namespace telltale
