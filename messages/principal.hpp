#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/uuid.hpp"

namespace telltale {

/// Who sent a request, and what the token that came with it allows.
struct principal {
  /// Of the token; `attempt` for a claim's own token, empty for everybody on a
  /// service without tokens.
  std::string name;
  bool runner = false;   ///< may act as a runner
  bool read = false;     ///< may read what operators see
  bool write = false;    ///< may change what operators change
  bool create = false;   ///< may make tasks, and begin further attempts of them
  bool dispatch = false; ///< may begin attempts of any task
  bool by_cookie = false; ///< known by the page's cookie
  /// Of the page's session whose cookie came, as long as nobody has looked up
  /// whose it is: then nothing else is known. SHA-256 in hex; empty: none.
  std::string session;
  /// Which of the configured tokens it was, so that what it began can end with
  /// it; 0: none of them.
  std::uint64_t token = 0;
  /// Set for a claim's token: it serves this task and attempt alone.
  std::optional<task_id> task;
  std::uint32_t attempt = 0;
  /// Of a claim's token: it speaks for this runner alone. Empty: a job system
  /// started the attempt, and whoever reports `running` is its runner.
  runner_id attempt_runner;

  bool operator==(const principal&) const = default;
};

} // namespace telltale
