#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/call_ticket.hpp"
#include "messages/redaction.hpp"
#include "messages/task.hpp"

// What operators hold back and send again, and what they see of it.

namespace telltale {

/// Nothing is told to a chat, or by a whole relay, until a time. Its deliveries
/// stay pending.
struct mute_record {
  std::string relay;
  std::string chat_id; ///< empty: the relay with all of its chats
  timestamp until{};
  redacted_text note; ///< why, for other operators; may be empty
  timestamp created_at{};
  std::uint64_t waiting = 0; ///< deliveries that it holds back now

  bool operator==(const mute_record&) const = default;
};

/// Mutes, or gives a mute another end and note.
struct put_mute {
  std::string relay;
  std::string chat_id;
  timestamp until{};
  redacted_text note;

  bool operator==(const put_mute&) const = default;
};

struct mute_put {
  mute_record mute;

  bool operator==(const mute_put&) const = default;
};

/// Ends a mute before its time. Fails with `mute_not_found`.
struct clear_mute {
  std::string relay;
  std::string chat_id;

  bool operator==(const clear_mute&) const = default;
};

struct mute_cleared {
  bool operator==(const mute_cleared&) const = default;
};

/// Those in force, by relay and chat.
struct list_mutes {
  call_ticket ticket{};

  bool operator==(const list_mutes&) const = default;
};

struct mutes_listed {
  std::vector<mute_record> mutes;

  bool operator==(const mutes_listed&) const = default;
};

/// Puts all dead deliveries back, of one relay or of all. Enables hooks again
/// that asked for no more.
struct redeliver_dead {
  std::optional<std::string> relay;

  bool operator==(const redeliver_dead&) const = default;
};

struct dead_requeued {
  std::uint64_t count = 0;
  std::vector<std::string> relays; ///< those that have something to send now

  bool operator==(const dead_requeued&) const = default;
};

/// Asks how much waits for a relay.
struct read_backlog {
  std::string relay;

  bool operator==(const read_backlog&) const = default;
};

struct backlog_read {
  std::uint64_t pending = 0; ///< those that a mute holds back among them
  std::uint64_t muted = 0;
  std::uint64_t dead = 0;
  /// Age of the oldest that is pending and not muted; zero if there is none.
  std::chrono::milliseconds oldest{};

  bool operator==(const backlog_read&) const = default;
};

/// A target that asked for no more: nothing is sent to it until its
/// configuration changes or an operator redelivers.
struct disabled_relay {
  std::string relay;
  std::string why;
  timestamp since{};

  bool operator==(const disabled_relay&) const = default;
};

} // namespace telltale
