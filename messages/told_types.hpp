#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "messages/event.hpp"

namespace telltale {

/// The types of event whose payload is stored, because relays may want it: a
/// failure, a recovery, and what some webhook asks for. The composition root
/// sets them and a reload replaces them; stores read them. Any thread.
class told_types {
public:
  [[nodiscard]] bool has(event_type type) const noexcept {
    return type == event_type::task_failed || type == event_type::task_recovered
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

using told_types_ptr = std::shared_ptr<told_types>;

} // namespace telltale
