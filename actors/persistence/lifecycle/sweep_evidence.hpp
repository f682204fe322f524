#pragma once

#include <string>

#include "actors/persistence/lifecycle/transition.hpp"

namespace telltale {

/// What a sweep saw, as a JSON object: `sweep`, `threshold_seconds`,
/// `last_sign_of_life`, `lease_expires_at`, `looked_at`; and what it made of
/// it, which stays when the runner knew better: `failure_reason`, and
/// `error_detail` unless the runner's own words stood.
[[nodiscard]] std::string
describe_evidence(const sweep_tasks& sweep, const sweep_evidence& evidence,
                  const sweep_ending& ending, bool says_sentinel,
                  const task_record& task, timestamp looked_at);

/// Adds the evidence of a second sweep as the member `then` of the first.
[[nodiscard]] std::string append_evidence(const std::string& earlier,
                                          const std::string& later);

} // namespace telltale
