#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "messages/time.hpp"

// Pure: when a runner's sign of life is written.

namespace telltale {

/// How old the stored sign of a runner that is alive may become. A sign for
/// each call would rewrite a row many times a second, and all its versions stay
/// while somebody holds an old snapshot.
[[nodiscard]] constexpr std::chrono::milliseconds
sign_interval(std::chrono::milliseconds runner_silence) {
  return std::max(runner_silence / 10, std::chrono::milliseconds{0});
}

/// Is a sign of now to be written over the stored one?
[[nodiscard]] constexpr bool
is_sign_due(std::optional<timestamp> stored, timestamp now,
            std::chrono::milliseconds runner_silence) {
  return !stored || *stored <= now - sign_interval(runner_silence);
}

/// Was the runner silent for so long, or unknown, before it called now?
[[nodiscard]] constexpr bool has_returned(std::optional<timestamp> stored,
                                          timestamp now,
                                          std::chrono::milliseconds silence) {
  return !stored || *stored < now - silence;
}

} // namespace telltale
