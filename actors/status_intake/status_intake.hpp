#pragma once

#include <cstdint>
#include <vector>

#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

// Turns runners' reports into validated, redacted, classified ones.
//
// Accepts `reports_received` (from the gateway, one per turn of its loop) and
// `reports_redacted` (from redaction), `masks_missed` (from a report store).
// Sends `reports_settled` to the waiter for reports that it refuses,
// `redact_reports` to the writer's redaction, and `commit_reports` to the
// writer's report store. Never looks at raw text, never asks a question, never
// blocks.
//
// Failure: a report that is refused is settled at once with its code; a batch
// whose next room is gone is dropped, and its reply tokens answer by
// themselves. Threading: the scheduler's. Reports about one task always take
// the same writer, in the order in which they came.

struct status_intake_state {
  static inline const char* name = "status-intake";

  std::vector<redaction_actor> redactions; ///< shared among writers, in turn
  std::vector<report_store_actor> stores;  ///< one per writer
  counter_board_ptr counters;              ///< may be null
};

/// Neither list may be empty. There are as many writers as stores.
[[nodiscard]] status_intake_actor::behavior_type
status_intake(status_intake_actor::stateful_pointer<status_intake_state> self,
              std::vector<redaction_actor> redactions,
              std::vector<report_store_actor> stores,
              counter_board_ptr counters);

} // namespace telltale
