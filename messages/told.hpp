#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/time.hpp"

// Who hears of a failure, and what became of telling them.

namespace telltale {

/// What became of telling people of a task's failure, or of what corrects it.
/// Of several targets the first of these counts.
enum class told_state : std::uint8_t {
  told,    ///< the chat has it
  held,    ///< a mute holds it back
  waiting, ///< it is to be sent
  dead,    ///< it was given up
  nobody,  ///< no chat was there to be told
};

[[nodiscard]] std::string to_string(told_state state);
[[nodiscard]] std::optional<told_state> parse_told_state(std::string_view text);

/// One chat that is told.
struct told_target {
  std::string relay;
  std::string chat_id;
  told_state state = told_state::waiting;
  std::optional<timestamp> at;       ///< if told: when
  std::chrono::milliseconds after{}; ///< if told: since the report
  std::optional<timestamp> until;    ///< if held: its end
  std::string explanation;           ///< if dead, or tried in vain: why

  bool operator==(const told_target&) const = default;
};

/// The telling of a task's newest terminal failure, late success or amendment.
struct told_summary {
  told_state state = told_state::nobody;
  std::vector<told_target> targets; ///< empty: nobody is told
  std::string explanation;          ///< of `nobody`: why

  bool operator==(const told_summary&) const = default;
};

/// Why a chat hears of a task.
enum class told_via : std::uint8_t {
  session,  ///< the task's chat session is bound to it
  route,    ///< a configured rule names it
  fallback, ///< it is the chat for what nobody else hears
};

/// `session`, `route` or `default`.
[[nodiscard]] std::string to_string(told_via via);

/// Where a failure of a task would be told.
struct tell_target {
  std::string relay;
  std::string chat_id;
  told_via via = told_via::session;

  bool operator==(const tell_target&) const = default;
};

} // namespace telltale
