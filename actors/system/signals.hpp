#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>

namespace telltale {

/// What the process was told from outside, or by its own threads.
enum class process_signal : std::uint8_t {
  stop,   ///< SIGTERM, SIGINT
  reload, ///< SIGHUP
  child,  ///< SIGCHLD
  notice, ///< a thread has something to say: `signal_gate::notify`
};

/// Takes SIGTERM, SIGINT, SIGHUP and SIGCHLD from every thread, and
/// ignores SIGPIPE and SIGUSR1. Made before the first thread starts, so that
/// all of them inherit the mask.
class signal_gate {
public:
  signal_gate();
  signal_gate(const signal_gate&) = delete;
  signal_gate& operator=(const signal_gate&) = delete;
  ~signal_gate();

  /// Waits for the next one, for as long as it takes or until `limit`; nothing:
  /// the time is over. One thread.
  [[nodiscard]] std::optional<process_signal>
  wait(std::optional<std::chrono::steady_clock::time_point> limit = {}) const;

  /// Wakes the waiter with `notice`. Any thread.
  void notify() const noexcept;

private:
  int signals_ = -1; ///< a signalfd
  int notices_ = -1; ///< an eventfd
};

} // namespace telltale
