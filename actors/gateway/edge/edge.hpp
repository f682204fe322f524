#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "actors/gateway/edge/access.hpp"
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

/// The files of the page by their paths (`/index.html`, `/assets/app.js`).
using page_assets = std::map<std::string, page_asset, std::less<>>;

/// Writes what the service counts, for `GET /metrics`. Called on io threads.
class metrics_exporter {
public:
  virtual ~metrics_exporter() = default;
  /// In Prometheus's text format.
  [[nodiscard]] virtual std::string text() = 0;
};

/// What the edge serves of parts that it does not know.
struct edge_content {
  page_assets page;                          ///< empty: there is no page
  std::shared_ptr<metrics_exporter> metrics; ///< null: nothing to tell
};

/// Binds the address and reads the TLS files; throws as `http::listener` does.
/// Made before any actor, so that a start that cannot listen starts nothing.
[[nodiscard]] http::listener bind_edge(const config::http_config& options);

// The part of the gateway that runs on the HTTP server's io threads: routing,
// tokens, content types, bounds. Status reports are parsed here and leave for
// status_intake in one message per turn of the loop, with the gateway actor as
// waiter; what concerns no other actor is answered here; all else goes to the
// gateway actor as an `http_call`.
//
// Failure: every request is answered: a message that gets lost answers 500 when
// its reply token goes. Threading: construction, `start`, `drain` belong to the
// owner; everything else may be called from any thread.
class edge {
public:
  /// On an address that `bind_edge` gave. `link` is the one that the gateway
  /// actor was given: new access rules come by it, and take effect with the
  /// next request.
  edge(const config::http_config& options, http::listener bound,
       access_rules_ptr rules, gateway_actor gateway,
       status_intake_actor intake, edge_content content,
       counter_board_ptr counters, edge_link_ptr link);
  ~edge();
  edge(const edge&) = delete;
  edge& operator=(const edge&) = delete;

  /// Accepts connections.
  void start();

  /// Answers new requests with 503 `shutting_down` and lets what was accepted
  /// finish, at most for `patience`.
  void drain(std::chrono::milliseconds patience);

  [[nodiscard]] std::uint16_t port() const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace telltale
