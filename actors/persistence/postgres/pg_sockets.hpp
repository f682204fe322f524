#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <set>

namespace telltale {

/// The sockets of all connections to the database. Whoever waits in libpq for a
/// server that has stopped waits for ever (on a unix socket nothing times out);
/// cutting its socket ends the wait with an error. Any thread.
class pg_sockets {
public:
  /// False: no more connections are wanted.
  [[nodiscard]] bool add(int socket);
  void remove(int socket);
  [[nodiscard]] bool cut() const;

  /// Cuts all, and allows no more. How many there were.
  std::size_t cut_all();

private:
  mutable std::mutex guard_;
  std::set<int> open_;
  bool cut_ = false;
};

using pg_sockets_ptr = std::shared_ptr<pg_sockets>;

} // namespace telltale
