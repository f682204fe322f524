#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/gateway/access.hpp"
#include "actors/gateway/reply.hpp"
#include "config/config.hpp"
#include "http/server.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// One static file of the page.
struct page_asset {
  std::string content_type;
  std::string body;
  std::string etag;       ///< quoted; empty: none
  bool immutable = false; ///< its name changes with its content
};

/// What the edge needs of rooms that it does not know. Called on io threads.
struct edge_ports {
  /// A file of the page by its path (`/index.html`, `/assets/app.js`).
  std::function<std::optional<page_asset>(std::string_view path)> asset;
  /// Prometheus text.
  std::function<std::string()> metrics;
};

/// Binds the address and reads the TLS files; throws as `http::listener` does.
/// Made before any actor, so that a start that cannot listen starts nothing.
[[nodiscard]] http::listener bind_edge(const config::http_config& options);

// The part of the gateway that runs on the HTTP server's io threads: routing,
// tokens, content types, bounds. Status reports are parsed here and leave for
// status_intake in one message per turn of the loop, with the gateway actor as
// waiter; what concerns no other room is answered here; all else goes to the
// gateway actor as an `http_call`.
//
// Failure: every request is answered: a message that gets lost answers 500 when
// its reply token goes. Threading: construction, `start`, `drain` belong to the
// owner; everything else may be called from any thread.
class edge {
public:
  /// On an address that `bind_edge` gave. The actors may be replaced later.
  /// `replies` is the one that the gateway actor was given.
  edge(const config::http_config& options, http::listener bound,
       access_rules rules, gateway_actor gateway, status_intake_actor intake,
       edge_ports ports, counter_board_ptr counters, reply_board_ptr replies);
  ~edge();
  edge(const edge&) = delete;
  edge& operator=(const edge&) = delete;

  /// Accepts connections.
  void start();

  /// Answers new requests with 503 `shutting_down` and lets what was accepted
  /// finish, at most for `patience`.
  void drain(std::chrono::milliseconds patience);

  /// New tokens take effect with the next request.
  void replace_access(access_rules rules);

  /// After a restart of either actor.
  void replace_actors(gateway_actor gateway, status_intake_actor intake);

  [[nodiscard]] std::uint16_t port() const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace telltale
