#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "actors/relay/delivery/pacing.hpp"
#include "actors/relay/text/render.hpp"

namespace telltale {

/// What to do with the failures that wait for one chat.
struct digest_plan {
  enum class action : std::uint8_t {
    one_by_one,
    gather, ///< all of them become one message, now
    hold,   ///< a storm goes on: wait, they become one message later
  };
  action what = action::one_by_one;
  std::chrono::milliseconds hold_for{};

  bool operator==(const digest_plan&) const = default;
};

/// A chat never waits longer than this for the rest of a storm.
inline constexpr std::chrono::milliseconds longest_hold{8'000};

/// What one chat was told lately about failures. Bounded: of very many messages
/// the oldest count together, as of the later one.
class recent_failures {
public:
  void add(std::size_t failures, steady_time now);
  void forget_before(steady_time moment);

  [[nodiscard]] std::size_t count() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] steady_time last() const { return entries_.back().at; }

  /// More waited than was taken: the rest has waited like them.
  void set_behind(bool behind) noexcept { behind_ = behind; }
  [[nodiscard]] bool is_behind() const noexcept { return behind_; }

private:
  struct entry {
    std::size_t failures;
    steady_time at;
  };
  std::deque<entry> entries_;
  bool behind_ = false;
};

/// More than `threshold` failures for the chat within `window`, told and
/// waiting taken together, are a storm: what waits becomes one message; a few
/// stragglers wait for more of their kind, at most the window or `longest_hold`
/// after the last message. `all_there` is false if more failures wait than were
/// taken: then there is nothing to wait for, nor for the rest. Forget what is
/// older than the window first.
[[nodiscard]] digest_plan plan_digest(std::size_t pending,
                                      const recent_failures& told,
                                      std::size_t threshold,
                                      std::chrono::milliseconds window,
                                      bool all_there, steady_time now);

/// How many titles a digest names.
inline constexpr std::size_t digest_titles = 10;

/// What a digest says of one failure. Texts are as the chat may see them.
struct gathered_failure {
  std::string reason;       ///< wire value
  std::string cause;        ///< fingerprint; empty: unknown
  std::string telling_line; ///< empty: unknown, or not the runner's
  std::string title;        ///< empty: none, or unknown
};

/// One message for many failures: how many, counts by reason, counts by cause
/// with the telling line of each, the first titles. `run_url` is of any of the
/// runs.
[[nodiscard]] rendered
render_digest(const std::vector<gathered_failure>& failures,
              std::string_view run_url, const catalog& words);

} // namespace telltale
