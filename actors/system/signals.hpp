#pragma once

#include <csignal>
#include <cstdint>

namespace telltale {

/// What the process was told from outside or by itself.
enum class process_signal : std::uint8_t { stop, reload, hopeless, child };

/// Takes SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGCHLD out of every thread's
/// hands, and ignores SIGPIPE. Made before the first thread starts, so that all
/// of them inherit the mask.
class signal_gate {
public:
  signal_gate();

  /// Waits for the next one. One thread.
  [[nodiscard]] process_signal wait() const;

  /// Wakes the waiter with `hopeless`: a broken invariant ends the process.
  /// Any thread.
  static void give_up();

private:
  sigset_t watched_{};
};

} // namespace telltale
