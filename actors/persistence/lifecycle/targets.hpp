#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "messages/event.hpp"
#include "messages/task.hpp"

namespace telltale {

/// A configured relay, as those see it who write deliveries for it.
struct relay_target {
  std::string relay;
  bool has_chats = true;
  /// Of a target without chats: what it wants to be told of; empty: failures
  /// and recoveries.
  std::vector<event_type> events{};
  /// How long this process may have a delivery that it sends at once.
  std::chrono::milliseconds lease{60'000};

  bool operator==(const relay_target&) const = default;
};

/// Whom to tell of an event, beside the stream, which is told of all: the chat
/// that its session is bound to, and the targets without chats that want its
/// type. People hear of a failure once it is final, never of an attempt that is
/// being retried; and of a recovery if they heard of the failure, which only
/// the store can tell.
[[nodiscard]] std::vector<chat_binding>
choose_targets(const event_facts& event,
               const std::optional<chat_binding>& chat,
               const std::vector<relay_target>& relays);

} // namespace telltale
