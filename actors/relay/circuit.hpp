#pragma once

#include <chrono>
#include <cstdint>

#include "actors/relay/pacing.hpp"

namespace telltale {

/// A circuit breaker. Closed: everything goes. After `failures_to_open`
/// transport failures in a row it opens: nothing goes until `probe_at`; then
/// one message at a time, until one is answered. Each failed probe doubles the
/// wait. Pure: it is told the time.
class circuit {
public:
  static constexpr std::uint32_t failures_to_open = 5;
  static constexpr std::chrono::milliseconds first_wait{1'000};
  static constexpr std::chrono::milliseconds longest_wait{30'000};

  /// The other side answered, whatever it said.
  void answered() noexcept;

  /// It did not. True if this opened the circuit.
  bool failed(steady_time now) noexcept;

  [[nodiscard]] bool is_open() const noexcept { return open_; }

  /// How long until something may be sent; zero: now.
  [[nodiscard]] std::chrono::milliseconds wait(steady_time now) const noexcept;

private:
  bool open_ = false;
  std::uint32_t failures_ = 0;
  std::chrono::milliseconds next_wait_ = first_wait;
  steady_time probe_at_{};
};

} // namespace telltale
