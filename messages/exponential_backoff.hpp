#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace telltale {

/// Waits between tries of something that fails: the first, then each twice as
/// long, up to the longest; from the first again once a try went well. A value
/// without jitter, told of both by its owner.
class exponential_backoff {
public:
  using duration = std::chrono::milliseconds;

  constexpr exponential_backoff(duration first, duration longest) noexcept
      : first_(first), longest_(longest), next_(first) {}

  /// How long to wait after another failure.
  [[nodiscard]] constexpr duration next() noexcept {
    return std::exchange(next_, std::min(2 * next_, longest_));
  }

  /// The same wait for those who count: after so many tries before this one.
  [[nodiscard]] static constexpr duration
  wait_after(duration first, duration longest, unsigned tries) noexcept {
    exponential_backoff waits{first, longest};
    for (; tries > 0 && waits.next_ < longest; --tries)
      static_cast<void>(waits.next());
    return waits.next_;
  }

  constexpr void reset() noexcept { next_ = first_; }

private:
  duration first_;
  duration longest_;
  duration next_;
};

} // namespace telltale
