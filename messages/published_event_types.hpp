#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "messages/event.hpp"

namespace telltale {

/// Which events' payloads are stored, because relays may want them: a failure
/// or recovery in a chat session, and what some webhook asks for. The
/// composition root sets the latter and a reload replaces them; stores read.
/// Any thread.
class published_event_types {
public:
  [[nodiscard]] bool has(event_type type, bool in_chat) const noexcept {
    const bool is_for_chats =
        type == event_type::task_failed || type == event_type::task_recovered;
    return (in_chat && is_for_chats)
           || (wanted_.load(std::memory_order_relaxed) & bit(type)) != 0;
  }

  void replace(const std::vector<event_type>& wanted) noexcept {
    std::uint32_t bits = 0;
    for (const auto type : wanted)
      bits |= bit(type);
    wanted_.store(bits, std::memory_order_relaxed);
  }

private:
  static std::uint32_t bit(event_type type) noexcept {
    return 1U << static_cast<unsigned>(type);
  }

  std::atomic<std::uint32_t> wanted_{0};
};

using published_event_types_ptr = std::shared_ptr<published_event_types>;

} // namespace telltale
