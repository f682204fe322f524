#pragma once

#include <atomic>
#include <chrono>
#include <memory>

namespace telltale {

/// Is a call still wanted when its turn comes? It may have waited long, behind
/// a database that hung: its client may have gone meanwhile, or its time may be
/// over. Travels with a request to a store, which asks it right before the
/// work; for creates and claims once more at the commit.
///
/// The flag is the one thing that actors share beside messages: set once, by
/// the HTTP server's thread that sees the connection end, and only ever read
/// elsewhere. A message could not do this: it would wait in the same mailbox,
/// behind the call that it is to stop.
struct call_ticket {
  using time_point = std::chrono::steady_clock::time_point;

  /// Set once the client has ended its side of the connection; null: there is
  /// no client who could.
  std::shared_ptr<const std::atomic<bool>> gone;
  /// Before this, a client that has ended its side is still taken for one that
  /// listens, as HTTP allows it to.
  time_point trusted_until = time_point::min();
  /// From here on nobody waits for the answer, whatever the connection says.
  time_point deadline = time_point::max();

  [[nodiscard]] bool is_wanted(time_point now) const noexcept {
    if (now >= deadline)
      return false;
    return now < trusted_until || !gone
           || !gone->load(std::memory_order_relaxed);
  }

  bool operator==(const call_ticket&) const = default;
};

} // namespace telltale
