#pragma once

#include <memory>

#include <caf/typed_event_based_actor.hpp>

#include "actors/redaction/engine.hpp"
#include "actors/redaction/masks/masks.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

using mask_sealer_ptr = std::shared_ptr<const redact::mask_sealer>;

/// Opens raw text and lets only masked text go on.
///
/// Accepts: `redact_reports`, `redact_texts`, `narrow_texts`, `seal_masks`, and
/// from the system another engine.
/// Sends: `reports_redacted` to the intake that the batch names.
/// Never: logs or sends raw text; keeps more of it than the values that runners
/// registered for tasks under way; answers with an error.
///
/// On failure: the engine does not throw; a text that it cannot handle becomes
/// `[REDACTED:internal-error]`, and the batch goes on.
///
/// Threading: an actor of the scheduler, one per writer. The engine is shared
/// and immutable; another one comes as a message.
struct redaction_state {
  static inline const char* name = "redaction";

  redaction_engine_ptr engine; ///< never null
  counter_board_ptr counters;  ///< never null
  mask_sealer_ptr sealer;      ///< never null
  redact::mask_cache masks;    ///< of the tasks of its writers
};

/// Spawned by system/, `redaction.workers` times.
[[nodiscard]] redaction_actor::behavior_type
redaction(redaction_actor::stateful_pointer<redaction_state> self,
          redaction_engine_ptr engine, counter_board_ptr counters,
          mask_sealer_ptr sealer);

} // namespace telltale
