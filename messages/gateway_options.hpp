#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace telltale {

/// How failures of one reason are retried.
struct reason_retry {
  std::uint32_t attempts = 0;       ///< ceiling; 0 or 1: never retried
  std::chrono::milliseconds base{}; ///< wait before the first retry
  double factor = 1;                ///< how the wait grows
  std::chrono::milliseconds cap{};  ///< longest wait

  bool operator==(const reason_retry&) const = default;
};

/// What the gateway is told of the configuration and may change while it runs.
struct gateway_options {
  std::chrono::milliseconds lease{};          ///< `tasks.lease`
  std::chrono::milliseconds lease_grace{};    ///< `reaper.lease_grace`
  std::chrono::milliseconds runner_silence{}; ///< `reaper.runner_silence`
  std::vector<std::string> relays;            ///< names of all that there are
  /// Those that daemons may register for: names by id. Never empty.
  std::map<std::string, std::string> workspaces;
  /// By wire value, for every reason of the taxonomy.
  std::map<std::string, reason_retry, std::less<>> retry;

  bool operator==(const gateway_options&) const = default;
};

} // namespace telltale
