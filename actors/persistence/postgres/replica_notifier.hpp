#pragma once

#include <memory>

#include "actors/persistence/persistence.hpp"
#include "messages/ticks.hpp"

namespace telltale {

/// How replicas of the service wake each other: LISTEN and NOTIFY on one
/// connection of a thread of its own, outside every other transaction (a NOTIFY
/// inside one holds a lock of the whole server at its commit).
///
/// A notification that is lost costs time only: every reader also looks by
/// itself now and then. While the database is away the thread tries again with
/// backoff, and notifies once when it is back.
class replica_notifier {
public:
  /// `listener` gets `replica_published` each time that another replica has
  /// news, until the notifier is destroyed.
  replica_notifier(pg_options options, replica_listener_handle listener);
  replica_notifier(const replica_notifier&) = delete;
  replica_notifier& operator=(const replica_notifier&) = delete;
  /// Ends the thread, also one that waits for a database that hangs.
  ~replica_notifier();

  /// Tells the others, at most every 20 ms, however often it is called. Any
  /// thread; does not block.
  void notify(bool deliveries = false) noexcept;

private:
  struct worker;
  std::shared_ptr<worker> worker_; ///< the thread has a share
};

} // namespace telltale
