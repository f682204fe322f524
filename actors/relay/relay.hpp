#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "actors/relay/channels/channel.hpp"
#include "actors/relay/delivery/circuit.hpp"
#include "actors/relay/delivery/pacing.hpp"
#include "actors/relay/delivery/policy.hpp"
#include "actors/relay/delivery/relay_batch.hpp"
#include "config/config.hpp"
#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

// Carries the deliveries of one target to its people.
//
// Accepts: notices_due and deliveries_due (after a commit), request_answered
// (the HTTP client), ticks. Sends: take_deliveries to failed_task_payload;
// gather_deliveries, renew_leases, record_deliveries, read_backlog to the
// stores; relay_paused to the keeper of readiness; requests of its channel to
// the HTTP client. Never: blocks, says a text that was not narrowed for chats,
// speaks twice to a chat at once, logs a text or an address of a hook.
//
// Failure: a delivery is leased, so what a crash leaves behind is taken again
// after the lease and sent with the same key. A first lease, which a notice
// comes with, is short: it is renewed as the message is sent, and what is not
// sent by its end is put back, never sent without being leased again. If the
// store does not answer, deliveries stay or are put back, without a try spent.
// A target that gives no answers is left alone by a circuit breaker and probed.
// While a credential is refused nothing is sent and nothing lost. A relay that
// is told to exit waits a moment for the answers to what it sent, and puts back
// the rest: whoever comes next need not wait for the leases.
// Threading: cooperative; the channel is this actor's alone.

/// Whom a relay asks.
struct relay_peers {
  failed_task_payload_actor payloads; ///< for what is due
  delivery_store_actor deliveries;    ///< for what is told together, and ends
  redelivery_store_actor upkeep;      ///< for how much waits
  relay_watcher_handle watcher{};     ///< is told when it pauses; may be null
};

struct relay_state {
  static inline const char* name = "relay";

  /// A message under way.
  struct in_flight {
    std::string queue;
    steady_time since{};
    bool probe = false; ///< the circuit was open
  };

  /// Since when, and why, nothing is sent: the credential is refused.
  struct credential_pause {
    std::string explanation;
    timestamp since{};
    steady_time probe_at{};
    bool probing = false;    ///< the answer to a probe is awaited
    bool by_message = false; ///< only a message can tell: one may go
  };

  relay_state() = default;
  relay_state(const relay_state&) = delete;
  relay_state& operator=(const relay_state&) = delete;
  ~relay_state(); ///< takes its gauges away

  std::string relay; ///< the target's name
  config::relay_config options;
  send_limits limits; ///< the options', or its type's own
  std::size_t detail_characters = 800;
  std::shared_ptr<telltale::channel> channel;
  std::shared_ptr<request_sender> sender;
  relay_peers peers;
  counter_board_ptr counters;

  pacer pace;
  circuit breaker;
  retry_schedule schedule{config::relay_config{}};
  std::optional<credential_pause> pause;

  std::map<std::string, chat_queue> queues;    ///< deliveries held, by chat
  std::map<delivery_id, in_flight> under_way;  ///< by the message's key
  std::vector<send_finished> finished;         ///< to be settled
  std::map<std::string, recent_failures> told; ///< by chat, for storms
  std::vector<delivery_result> unrecorded;
  /// Until when a delivery is this relay's, from its lease to its record.
  std::map<delivery_id, steady_time> leases;
  std::vector<delivery_id> ended; ///< recorded as sent or dead during a take
  bool taking = false;            ///< a take is under way
  bool recording = false;         ///< a record is under way
  bool renewing = false;          ///< leases are being renewed
  bool wanted = true;             ///< there may be more to take
  bool waits_in_store = true;     ///< something may be behind what is recorded
  bool counting = false;          ///< the backlog is being read
  bool gone = false;              ///< the target wants no more
  std::uint32_t withheld = 0;     ///< takes in a row that gave not what was due
  std::string target;             ///< digest of where it is; empty: it stays
  std::optional<caf::error> ending; ///< told to exit, and why
  steady_time ends_at{};            ///< then at the latest
  std::string disable_reason;       ///< why it wants no more, until recorded

  steady_time take_at{};   ///< take then even if nobody says so
  steady_time record_at{}; ///< not before, after a failed record
  steady_time renew_at{};  ///< not before, after a failed renewal
  steady_time beat_at{};
  steady_time count_at{};                   ///< read the backlog then
  steady_time wake_at = steady_time::max(); ///< the soonest that a step wants
  actor_timer<relay_tick> timer;            ///< the one timer, for all of these
};

/// Takes away all metrics of a relay that is no longer configured. One that
/// only ends keeps its totals and histograms for the one that comes after it.
void forget_relay_metrics(counter_board& counters, const std::string& relay);

/// `channel` comes from `make_channel`, `sender` from `make_request_sender`.
/// Throws if a catalogue is incomplete.
/// `detail_characters` is `redaction.chat_characters`.
[[nodiscard]] relay_actor::behavior_type
relay(relay_actor::stateful_pointer<relay_state> self, std::string name,
      config::relay_config options, std::shared_ptr<channel> channel,
      std::shared_ptr<request_sender> sender, relay_peers peers,
      counter_board_ptr counters, std::size_t detail_characters = 800);

} // namespace telltale
