#include "actors/persistence/postgres/pg_sockets.hpp"

#include <sys/socket.h>

namespace telltale {

bool pg_sockets::add(int socket) {
  const std::scoped_lock lock{guard_};
  if (cut_)
    return false;
  open_.insert(socket);
  return true;
}

void pg_sockets::remove(int socket) {
  const std::scoped_lock lock{guard_};
  open_.erase(socket);
}

bool pg_sockets::cut() const {
  const std::scoped_lock lock{guard_};
  return cut_;
}

std::size_t pg_sockets::cut_all() {
  // Under the lock no owner closes one, so that none is a stranger's by now.
  const std::scoped_lock lock{guard_};
  cut_ = true;
  for (const int socket : open_)
    ::shutdown(socket, SHUT_RDWR);
  return open_.size();
}

} // namespace telltale
