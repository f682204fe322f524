#pragma once

#include <cstdint>
#include <string>

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "messages/store.hpp"

// What is known of the database's health, and who keeps it.

namespace telltale {

/// How the database was last seen.
enum class database_state : std::uint8_t {
  answers,       ///< and has room
  not_answering, ///< a question has waited for longer than it may
  unreachable,   ///< it refuses connections, or cuts them
  full,          ///< it answers, and has no room for what is to be written
};

/// Asks how the database is; never waits for one that does not answer.
struct read_readiness {
  bool operator==(const read_readiness&) const = default;
};

struct readiness_read {
  database_state state = database_state::unreachable;
  store_checked store;     ///< the last answer that came
  std::string explanation; ///< what is wrong; empty if nothing is

  bool operator==(const readiness_read&) const = default;
};

/// From a connection: the database had no room for a statement.
struct database_refused {
  std::string sqlstate; ///< of class 53, or 58030

  bool operator==(const database_refused&) const = default;
};

/// Whoever keeps what connections meet.
using database_watcher_handle =
    caf::typed_actor<caf::reacts_to<database_refused>>;

/// From the keeper to itself.
struct watch_database {};

} // namespace telltale
