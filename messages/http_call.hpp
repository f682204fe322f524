#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "messages/principal.hpp"
#include "messages/status_report.hpp"

namespace telltale {

/// Which operation of the router's table a request asks for; the values are the
/// gateway's own business.
enum class operation : std::uint16_t {};

/// One request that was routed, authorised and bounded by the HTTP edge, on its
/// way to the gateway actor. The body is still what the client sent.
struct http_call {
  reply_token reply;
  operation what{};
  std::vector<std::string> path;            ///< the variable segments, in order
  std::map<std::string, std::string> query; ///< decoded
  std::map<std::string, std::string>
      headers; ///< the few that matter, lower case
  std::string body;
  std::shared_ptr<void> body_reservation; ///< of a large body; goes with it
  std::string request_id;
  std::string remote_address;
  bool secure = false; ///< it came over TLS
  principal caller;
};

/// The client of a request has ended its side of the connection, or was lost,
/// before the answer. It may still read one.
struct client_gone {
  reply_token reply; ///< of the `http_call`

  bool operator==(const client_gone&) const = default;
};

/// The service stops: what waits for something to happen is answered now, and
/// event streams are closed.
struct drain_requests {
  bool operator==(const drain_requests&) const = default;
};

} // namespace telltale
