#pragma once

#include <chrono>
#include <cstdint>

#include "actors/relay/channel.hpp"
#include "messages/ticks.hpp"

namespace telltale {

inline constexpr std::chrono::milliseconds first_backoff{1'000};
inline constexpr std::chrono::milliseconds longest_backoff{300'000};

/// Full jitter: `random` (0 to 1) of 1 s × 2ⁿ, at most 5 min, after n tries;
/// not below 50 ms.
[[nodiscard]] std::chrono::milliseconds backoff(std::uint32_t tries,
                                                double random) noexcept;

/// What is known of a try when it starts.
struct started_try {
  delivery_id id;
  std::uint32_t tries = 0; ///< before this one
  std::uint32_t most_tries = 10;
  redacted_text text; ///< what people will have read
  double random = 0.5;
};

/// What becomes of the delivery. A throttled try, or one that was told when to
/// come back, spends none; the last try that fails makes it dead.
[[nodiscard]] delivery_tried settle(const started_try& started,
                                    const send_result& result);

} // namespace telltale
