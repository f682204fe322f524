#pragma once

#include <memory>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/postgres/replica_notifier.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// Says to the other replicas that there is news here, and passes on theirs.
///
/// Accepts notify_replicas (failed_task_payload), deliveries_waiting (the
/// gateway), replica_published (its notifier's connection) and the relays that
/// are configured. Sends replica_published to the event stream and
/// deliveries_due to relays. Never blocks.
/// Failure: what is lost costs time only, since every reader also looks by
/// itself now and then. Threading: the scheduler's; the notifier has its own.
struct replicas_state {
  static inline const char* name = "replicas";

  std::unique_ptr<replica_notifier> notifier;
  replica_listener_handle stream;
  running_relays relays;
};

[[nodiscard]] replicas_actor::behavior_type
replicas(replicas_actor::stateful_pointer<replicas_state> self,
         pg_options options, replica_listener_handle stream);

} // namespace telltale
