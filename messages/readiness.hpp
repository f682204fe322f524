#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// A relay whose credential its chat refuses: it sends nothing until one is
/// accepted, and what is to be sent waits.
struct relay_pause {
  std::string relay;
  std::string explanation; ///< what was refused and what to mend
  timestamp since{};

  bool operator==(const relay_pause&) const = default;
};

/// From a relay, when it pauses, as long as it does, and when it goes on.
struct relay_paused {
  relay_pause pause; ///< without an explanation: it goes on
  bool operator==(const relay_paused&) const = default;
};

/// Whoever keeps which relays are paused.
using relay_watcher_handle = caf::typed_actor<caf::reacts_to<relay_paused>>;

/// Asks how the database is; never waits for one that does not answer.
struct read_readiness {
  bool operator==(const read_readiness&) const = default;
};

struct readiness_read {
  database_state state = database_state::unreachable;
  store_checked store;               ///< the last answer that came
  std::string explanation;           ///< what is wrong; empty if nothing is
  std::vector<relay_pause> paused{}; ///< by name

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
