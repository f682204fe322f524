#include "actors/gateway/options.hpp"

#include "messages/failure_reason.hpp"

namespace telltale {

namespace {

// What a retry table's rows fall back to; see config/sections/retry_reason.def.
constexpr double default_factor = 2.0;
constexpr std::chrono::minutes default_cap{5};

/// The taxonomy's row with what the operator's retry table changes.
reason_retry retry_of(const reason_row& row, const config::retry_config& from) {
  reason_retry all{.attempts = row.attempts,
                   .base = row.base,
                   .factor = default_factor,
                   .cap = default_cap};
  const auto own = from.reasons.find(std::string{row.wire});
  if (own == from.reasons.end())
    return all;
  const auto& table = own->second;
  if (table.attempts)
    all.attempts = static_cast<std::uint32_t>(*table.attempts);
  all.base = table.base.value_or(all.base);
  all.factor = table.factor.value_or(all.factor);
  all.cap = table.cap.value_or(all.cap);
  return all;
}

} // namespace

gateway_options make_gateway_options(const config::settings& from) {
  gateway_options to;
  to.lease = from.tasks.lease;
  to.lease_grace = from.reaper.lease_grace;
  to.runner_silence = from.reaper.runner_silence;
  for (const auto& [name, relay] : from.relays)
    to.relays.push_back(name);
  to.workspaces = from.runners.workspaces;
  if (to.workspaces.empty())
    to.workspaces["default"] = "Default";
  for (const auto& row : failure_reasons())
    to.retry[std::string{row.wire}] = retry_of(row, from.retry);
  return to;
}

} // namespace telltale
