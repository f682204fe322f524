#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "actors/system/signals.hpp"

namespace telltale {

/// Where the owner of the stop is told that the process must give up: any
/// thread posts why, the main thread is woken and reads it.
class fatal_mailbox {
public:
  /// Wakes whoever waits at this gate.
  explicit fatal_mailbox(const signal_gate& wakes) : wakes_(wakes) {}

  /// The first explanation counts.
  void post(std::string explanation) {
    {
      const std::scoped_lock lock{guard_};
      if (explanation_.empty())
        explanation_ = std::move(explanation);
    }
    wakes_.notify();
  }

  /// Empty: nothing was posted.
  [[nodiscard]] std::string read() const {
    const std::scoped_lock lock{guard_};
    return explanation_;
  }

private:
  const signal_gate& wakes_;
  mutable std::mutex guard_;
  std::string explanation_;
};

using fatal_mailbox_ptr = std::shared_ptr<fatal_mailbox>;

} // namespace telltale
