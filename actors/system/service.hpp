#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/system/fatal_mailbox.hpp"
#include "config/config.hpp"
#include "http/listener.hpp"

namespace telltale {

/// The composition root: every actor, wired and supervised, over a database
/// that is there and migrated. The one place where actors, adapters and
/// configuration meet.
class service {
public:
  /// Spawns all actors behind an address that `bind_edge` gave; throws
  /// `std::exception` with what an operator can do if that fails, and leaves
  /// nothing running. `fatal` is told why the process should end.
  service(const config::settings& settings, std::string database_url,
          http::listener bound, fatal_mailbox_ptr fatal);
  ~service();
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  /// Accepts connections.
  void start();

  /// Connections to the database that it holds at most.
  [[nodiscard]] static std::size_t
  connections_needed(const config::settings& settings);

  /// What keeps a configuration, valid by itself, from being run: patterns that
  /// RE2 refuses, relays that make no channel. One sentence each.
  [[nodiscard]] static std::vector<std::string>
  objections(const config::settings& fresh);

  /// Takes over what may change while running: tokens, rules of tasks, the
  /// reaper's options, redaction, relays. `fresh` must meet no objection.
  void reload(const config::settings& fresh);

  /// Stops accepting and finishes what was accepted, at most for
  /// `http.drain_timeout`.
  void drain();

  /// Ends the actors in the order of the flow, within about two seconds after
  /// the time for the drain: one that waits for the database for longer has its
  /// connection cut. The names
  /// of those that did not end even so; nothing may be destroyed then.
  [[nodiscard]] std::vector<std::string> end();

  /// Were connections to the database cut?
  [[nodiscard]] bool was_cut() const;

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const;

private:
  class wiring;
  std::unique_ptr<wiring> wiring_;
};

} // namespace telltale
