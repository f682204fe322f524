#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "actors/relay/channels/channel.hpp"
#include "messages/ticks.hpp"

namespace telltale {

inline constexpr std::chrono::milliseconds first_backoff{1'000};
inline constexpr std::chrono::milliseconds longest_backoff{300'000};

/// How long to wait after n tries: 1 s × 2ⁿ⁺¹, at most 5 min, on average, and
/// evenly from nothing to twice that (`random` from 0 to 1), so that those who
/// failed together do not come back together; not below 50 ms. Ten tries take
/// about 20 minutes.
[[nodiscard]] std::chrono::milliseconds backoff(std::uint32_t tries,
                                                double random) noexcept;

/// When to ask the store again that says that something is due in a while.
/// `withheld`: how often in a row it said that something was due and gave
/// nothing, since its clock is behind or somebody else has the row; each time
/// doubles the wait.
[[nodiscard]] std::chrono::milliseconds
wait_for_due(std::chrono::milliseconds in, std::uint32_t withheld) noexcept;

/// What is not under way by then is taken anew, before its lease runs out.
inline constexpr std::chrono::milliseconds longest_held{30'000};

/// How long a relay may have a delivery: longer than it can be held and under
/// way. A message may take three requests (a token, the message, the message in
/// other words).
[[nodiscard]] std::chrono::milliseconds
delivery_lease(const config::relay_config& options) noexcept;

/// A digest of where a target is, for one that may ask for no more; empty for
/// chats. With another address or credential it is another target. Never the
/// address itself: it may hold a secret.
[[nodiscard]] std::string target_digest(const config::relay_config& options);

/// What is known of a try when it starts.
struct started_try {
  delivery_id id;
  std::uint32_t tries = 0; ///< before this one
  std::uint32_t most_tries = 10;
  std::string text; ///< what people will have read
  double random = 0.5;
  bool probe = false; ///< of a target that gives no answers
};

/// What becomes of the delivery. A throttled try, one that was told when to
/// come back, and a probe without an answer spend none; the last try that fails
/// makes it dead.
[[nodiscard]] delivery_tried settle(const started_try& started,
                                    const send_result& result);

} // namespace telltale
