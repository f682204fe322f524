#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "messages/runners.hpp"

namespace telltale {

/// Runtimes that the store was asked for a while ago, so that a daemon's many
/// calls do not ask for them each time. What a runtime is never changes; that
/// it was deregistered elsewhere is seen once its time is over. Bounded. Pure:
/// it is told the time. Belongs to one actor.
class known_runtimes {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds lifetime{60};
  static constexpr std::size_t most = 20'000;

  void learn(const runtime_record& runtime, time_point now);
  void forget(const runner_id& id);
  /// Null: the store knows.
  [[nodiscard]] const runtime_record* find(const runner_id& id,
                                           time_point now) const;
  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

private:
  struct entry {
    runtime_record runtime;
    time_point until{};
  };
  std::map<std::string, entry, std::less<>> known_;
};

} // namespace telltale
