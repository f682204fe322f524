#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/listener.hpp"
#include "http/types.hpp"

namespace telltale::http {

struct server_options {
  std::string listen = "127.0.0.1:0"; ///< address:port; [v6]:port
  unsigned threads = 1;
  std::size_t max_connections = 20'000; ///< past it: 503, then closed
  std::size_t max_pipeline = 128;       ///< unanswered; past it: not read on
  std::size_t max_body_bytes = 1'048'576;
  /// Past it, `server::judge` is asked whether more of the body is to be read.
  std::size_t small_body_bytes = 1'048'576;
  /// Of requests that may have more than `max_body_bytes`: `server::judge` says
  /// which, and how much. Their bodies have at most so many bytes together at
  /// any time; past it: 503.
  std::size_t max_large_bytes = 67'108'864;
  std::size_t max_header_bytes = 16'384;
  /// From the first byte of a request to the end of its head; also for the TLS
  /// handshake, and for the first byte on a fresh connection.
  std::chrono::milliseconds header_timeout{10'000};
  /// From the head's end to the body's; also how long a write may stand still
  /// because the client does not read.
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{75'000}; ///< between requests
  std::string tls_certificate; ///< PEM file; empty: plain HTTP
  std::string tls_key;
};

/// What can be wrong before a request reaches the handler; the owner of the
/// server words the answer.
enum class refusal : std::uint8_t {
  malformed,            ///< 400
  headers_too_large,    ///< 431
  body_too_large,       ///< 413
  timed_out,            ///< 408
  too_many_connections, ///< 503
  too_much_at_once,     ///< 503: large bodies of others are under way
  abandoned,            ///< 500: an exchange went away without an answer
};

/// A response that goes on: event streams. Letting go of it closes it.
class stream {
public:
  virtual ~stream() = default;
  /// More than this unsent, and the client is cut off: the owner did not look
  /// at `unsent`.
  static constexpr std::size_t most_unsent = 4'194'304;
  /// Having more than this unsent, and then no more than this, is told as
  /// `on_writable`.
  static constexpr std::size_t writable_below = 65'536;

  /// Sends one chunk. Any thread. False once the client is gone or has more
  /// than `most_unsent` to take, in which case the connection is cut.
  virtual bool write(std::string chunk) = 0;
  /// Bytes that were written and that the kernel has not taken yet, since the
  /// client reads more slowly. Any thread.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
  /// The connection was cut because the client took nothing for as long as a
  /// write may stand still (`server_options::body_timeout`). Any thread.
  [[nodiscard]] virtual bool is_stalled() const = 0;
  /// Ends the response in order. Any thread. No `on_closed` follows.
  virtual void close() = 0;
};

/// One request that waits for its answer. Answers of a pipelined connection go
/// out in the order of its requests, whenever they come. When the last owner
/// lets go without an answer, the client gets `refusal::abandoned`.
class exchange {
public:
  virtual ~exchange() = default;
  /// Answers. Any thread; the first answer counts.
  virtual void respond(response answer) = 0;
  /// Answers with a head and leaves the body open; the head's own body is not
  /// sent. Any thread. `on_closed` is called once, on an io thread, when the
  /// client has gone or fallen behind, when the server drains or stops, or at
  /// once if no stream can come about (answered before, HEAD, a status without
  /// a body); not after the owner's own `close`. Once the server is gone it
  /// runs on the calling thread. `on_writable` is called, on an io thread, each
  /// time that the client has taken what was too much
  /// (`stream::writable_below`). Both may be empty.
  virtual std::shared_ptr<stream>
  open_stream(response head, std::function<void()> on_closed,
              std::function<void()> on_writable = {}) = 0;
  /// Has `then` called once, on an io thread, should the client end its side of
  /// the connection, or be lost, before the answer. Any thread, once at most.
  /// A client may end its side and wait on: it can still be answered.
  virtual void on_gone(std::function<void()> then) { static_cast<void>(then); }
  /// Becomes true, on an io thread, once `on_gone` would be called; null: that
  /// is never known. Keeps the exchange.
  [[nodiscard]] virtual std::shared_ptr<const std::atomic<bool>>
  gone_flag() const {
    return nullptr;
  }
};

using exchange_ptr = std::shared_ptr<exchange>;

/// An exchange with its answer.
struct answer {
  exchange_ptr to;
  response what;
};

/// An HTTP/1.1 server: keep-alive, pipelining, limits, timeouts, TLS. It knows
/// nothing of what it serves.
class server {
public:
  /// Called on an io thread, once per request. Must not block.
  using handler = std::function<void(request&&, exchange_ptr)>;
  /// Words an answer to what never became a request. Any thread.
  using refuser = std::function<response(refusal)>;
  /// Told the head of a request whose body is larger than `small_body_bytes`:
  /// how many bytes it may have (fewer than it has: 413). Nothing: the body is
  /// not read, the handler gets the request without it. On an io thread; must
  /// not block.
  using judge = std::function<std::optional<std::size_t>(const request& head)>;

  /// On an address that was bound before; throws `std::system_error` if the
  /// kernel will not listen there. Accepts nothing before `start`.
  /// Without a judge no body may be larger than `max_body_bytes`.
  server(server_options options, listener bound, handler on_request,
         refuser on_refusal, judge on_large_body = {});
  /// Binds the address of the options; throws as `listener` does, too.
  server(server_options options, handler on_request, refuser on_refusal,
         judge on_large_body = {});
  /// Stops at once: connections are cut, `on_closed` of streams is called.
  /// Exchanges and streams may outlive it; they do nothing then. Not on an io
  /// thread.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Starts the io threads. Once.
  void start();

  /// Answers many exchanges with one turn of each io thread.
  void respond_all(std::vector<answer> answers);

  /// Runs `work` once this turn of the calling io thread is over; on another
  /// thread: soon, on the first io thread.
  void at_turn_end(std::function<void()> work);

  /// Stops accepting, lets answers that are owed go out, closes streams and
  /// idle connections, and returns when all are closed or `patience` is over.
  /// Requests that come after one that is owed are not read. Not on an io
  /// thread.
  void drain(std::chrono::milliseconds patience);

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const;

  /// Open connections, closing ones included. Any thread.
  [[nodiscard]] std::size_t connections() const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace telltale::http
