#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <caf/typed_actor.hpp>

#include "messages/deliveries.hpp"
#include "messages/status_report.hpp"
#include "messages/store.hpp"

// Messages that carry a batch from actor to actor, and those that an actor
// sends to itself.

namespace telltale::http {
struct client_response;
struct client_error;
} // namespace telltale::http

namespace telltale {

/// Settled reports go back here. A base of every waiter's protocol.
struct reports_settled {
  report_batch batch;
};

/// Handle of whoever waits for a batch.
using report_waiter_handle = caf::typed_actor<caf::reacts_to<reports_settled>>;

/// Reports as they came in one turn of the gateway's loop.
struct reports_received {
  report_batch batch;
  report_waiter_handle waiter;
};

/// Reports whose raw texts are gone; `waiter` travels on.
struct reports_redacted {
  report_batch batch;
  report_waiter_handle waiter;
  std::uint32_t writer = 0;
};

/// Handle of whoever takes redacted reports back.
using redacted_reports_handle =
    caf::typed_actor<caf::reacts_to<reports_redacted>>;

/// Asks a writer's redaction to open the texts of a batch.
struct redact_reports {
  report_batch batch;
  report_waiter_handle waiter;
  redacted_reports_handle back_to;
  std::uint32_t writer = 0;
  std::vector<task_masks> masks{}; ///< to be learned first
};

/// Reports whose tasks have values to mask that redaction did not know: they
/// go through it again, with those values.
struct masks_missed {
  report_batch batch;
  report_waiter_handle waiter;
  std::vector<task_masks> masks;
};

/// Handle of whoever sends such reports through redaction again.
using masks_missed_handle = caf::typed_actor<caf::reacts_to<masks_missed>>;

/// Reports that are fit for the store, for one writer.
struct commit_reports {
  report_batch batch;
  report_waiter_handle waiter;
  masks_missed_handle again{}; ///< where reports go that must be masked anew
};

struct flush_reports {};
struct flush_tick {};
struct flush_beats {};
struct flush_claims {};
struct flush_creates {};
struct reap_now {};
struct check_truth_now {};
struct prune_now {};

struct index_now {};
struct deliveries_due {};
struct relay_tick {};
struct poll_events {};
struct pass_events {};
struct gateway_tick {};

/// Another replica has committed events, or may have while it was not heard.
/// Comes as often as every 20 ms.
struct replica_published {
  bool deliveries = false; ///< there may be some to make
};

/// Handle of whoever hears of other replicas.
using replica_listener_handle =
    caf::typed_actor<caf::reacts_to<replica_published>>;

/// The other replicas may read the log: this one has committed events.
struct notify_replicas {
  bool deliveries = false; ///< there may be some to make
};

/// Does anybody who follows the event stream need envelopes?
struct envelopes_wanted {
  bool wanted = false;
};

/// There may be something to deliver for these relays: every replica may look.
struct deliveries_waiting {
  std::vector<std::string> relays; ///< names

  bool operator==(const deliveries_waiting&) const = default;
};

/// From the HTTP edge, about an open event stream.
struct stream_changed {
  std::uint64_t stream = 0; ///< as the gateway numbers them
  bool gone = false; ///< the client is; else there is room to write again
};

/// A runner says that it restarted.
struct runner_recovered {
  runner_id runner;

  bool operator==(const runner_recovered&) const = default;
};

/// A daemon says that a runner of it goes: nobody works on its tasks.
struct runner_left {
  runner_id runner;

  bool operator==(const runner_left&) const = default;
};

/// What came of a request to another server: its answer, or why there is none.
using http_outcome = std::variant<http::client_response, http::client_error>;

/// From the HTTP client, to whoever asked it to send a request.
struct request_answered {
  std::uint64_t request = 0; ///< as the asker numbered it
  std::shared_ptr<const http_outcome> outcome;
};

/// Handle of whoever has requests sent.
using request_asker_handle = caf::typed_actor<caf::reacts_to<request_answered>>;

/// Where events go that are published after the answer.
using event_listener_handle =
    caf::typed_actor<caf::reacts_to<events_published>>;

/// Asks for all events after a position.
struct subscribe_events {
  std::int64_t after = 0; ///< -1: only what comes
  event_listener_handle listener;
  std::uint32_t limit = 500; ///< of events in the answer
  /// Events need their envelopes; without, they may come with or without.
  bool envelopes = true;
};

} // namespace telltale
