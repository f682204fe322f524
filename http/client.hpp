#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "http/types.hpp"

namespace telltale::http {

struct client_options {
  /// Name lookup, connection and TLS.
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds request_timeout{10'000}; ///< whole, with connect
  std::size_t max_response_bytes = 1'048'576;
  std::size_t max_idle_per_host = 16; ///< kept connections
  std::chrono::milliseconds idle_timeout{30'000};
  std::string ca_file;    ///< PEM, trusted beside the system's; empty: none
  std::string user_agent; ///< of requests that name none; empty: none
  /// False: a host that resolves to a private, loopback, link-local or
  /// otherwise special address is refused, whatever its name says.
  bool allow_private = true;
};

struct client_request {
  std::string method = "GET";
  std::string url; ///< http:// or https://; userinfo is refused
  std::vector<header> headers;
  std::string body;
  std::optional<std::chrono::milliseconds> timeout; ///< in place of the option
  /// Twice does no more than once, though the method does not say so: the other
  /// side dedupes by a key, or only asks. What GET, HEAD, PUT, DELETE and
  /// OPTIONS ask for may always be repeated (RFC 9110, 9.2.2).
  bool may_repeat = false;
};

struct client_response {
  unsigned status = 0;
  std::vector<header> headers;
  std::string body;

  [[nodiscard]] std::optional<std::string_view>
  find(std::string_view name) const;
};

/// Why there is no response. `text` names host and step, never headers, body
/// or query.
struct client_error {
  enum class kind : std::uint8_t {
    bad_url,
    resolve,
    refused_address,
    connect,
    tls,
    timeout,
    transport,
    too_large,
    cancelled,
  };
  kind what = kind::transport;
  std::string text;
  /// The request may have reached the other side.
  bool may_have_arrived = false;
};

using client_result = std::variant<client_response, client_error>;

/// An asynchronous HTTP/1.1 client: connections are kept and used again,
/// certificates verified (TLS 1.2 and later), redirects not followed. It asks
/// for bodies as they are, and opens those that come compressed all the same
/// (gzip, deflate), but for streams. Its
/// callbacks run on its one thread, each once; what they throw is swallowed. A
/// kept connection that turns out closed before a byte of the answer came is
/// replaced once, unseen, if the request may be repeated; else the answer is
/// lost, and who asked decides. Names are looked up one after the other.
class client {
public:
  /// Throws `std::runtime_error` if `ca_file` cannot be used.
  explicit client(client_options options);
  /// Pending requests end as `cancelled` before this returns; a name lookup
  /// under way is waited for. In a callback it returns at once.
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Any thread. Host, Content-Length, Transfer-Encoding and Connection are the
  /// client's own business; such headers of the request are left out.
  void send(client_request what, std::function<void(client_result)> then);

  /// Sends and waits. From a callback: `cancelled` at once, since it would wait
  /// for itself.
  [[nodiscard]] client_result call(client_request what);

  /// Sends and hands the body on as it comes (event streams; no total timeout,
  /// `idle` bounds the wait for the next bytes). `on_data` gets the body of a
  /// 2xx answer and returns false to stop; that of any other answer is gathered
  /// as by `send`. `on_end` is called once, with status and headers if the
  /// answer ended in order or was stopped. Any thread.
  void open_stream(client_request what, std::chrono::milliseconds idle,
                   std::function<bool(std::string_view)> on_data,
                   std::function<void(client_result)> on_end);

private:
  class impl;
  std::shared_ptr<impl> impl_;
};

} // namespace telltale::http
