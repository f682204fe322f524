#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "messages/task.hpp"

namespace telltale {

/// A delivery that this process has a lease of: nobody else makes it until the
/// lease runs out.
struct due_delivery {
  delivery_id id;
  chat_binding chat;       ///< `relay` alone for targets without chats
  std::uint32_t tries = 0; ///< before this one
  timestamp created_at{};
  /// The key of the message in which it may have been sent before: its own id
  /// if it was alone, else shared by all that the message told.
  std::optional<delivery_id> message{};
  /// False: one of many of a storm, of which only what a count needs was read.
  bool whole = true;
  /// Of a `task:amended`: its chat may have been told the wrong reason before.
  bool corrects = false;
  /// By this process's clock, and no later than by the store's: from here on
  /// somebody else may have it.
  std::chrono::steady_clock::time_point leased_until =
      std::chrono::steady_clock::time_point::max();

  bool operator==(const due_delivery&) const = default;
};

} // namespace telltale
