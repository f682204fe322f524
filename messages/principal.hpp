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
  bool runner = false;    ///< may act as a runner
  bool read = false;      ///< may read what operators see
  bool write = false;     ///< may change what operators change
  bool by_cookie = false; ///< known by the page's cookie
  /// Set for a claim's token: it serves this task and attempt alone.
  std::optional<task_id> task;
  std::uint32_t attempt = 0;

  bool operator==(const principal&) const = default;
};

} // namespace telltale
