#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "http/connection.hpp"
#include "http/response_reader.hpp"
#include "http/url.hpp"

namespace telltale::http {

class flight;

/// What requests under way ask of their client. The client's thread only.
class flight_deck {
public:
  virtual ~flight_deck() = default;
  [[nodiscard]] virtual const client_options& options() const = 0;
  [[nodiscard]] virtual boost::asio::io_context& context() = 0;
  /// Null, and the reason in `why`, if the certificates cannot be loaded.
  [[nodiscard]] virtual boost::asio::ssl::context* tls(std::string& why) = 0;
  /// A kept connection to the same place, or none.
  [[nodiscard]] virtual std::unique_ptr<connection> take(const url& to) = 0;
  virtual void keep(const url& to, std::unique_ptr<connection> unused) = 0;
  virtual void landed(const std::shared_ptr<flight>& which) = 0;
};

/// One request from its URL to its answer: resolve, connect, TLS, write, read.
/// Calls back exactly once, on the client's thread; what the callback throws is
/// swallowed.
class flight : public std::enable_shared_from_this<flight> {
public:
  using callback = std::function<void(client_result)>;

  flight(flight_deck& deck, client_request what, callback then);
  flight(const flight&) = delete;
  flight& operator=(const flight&) = delete;

  /// Before `start`: the body goes to `on_data`, and `idle` bounds each wait in
  /// place of the whole.
  void stream_to(std::chrono::milliseconds idle, response_reader::sink on_data);

  void start();
  void cancel();

private:
  using error_code = boost::system::error_code;
  using clock = std::chrono::steady_clock;
  using kind = client_error::kind;
  using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  using step = void (flight::*)(const error_code&, std::size_t);

  [[nodiscard]] bool prepare();
  void connect();
  void resolved(const error_code& ec, endpoints found);
  void connect_next();
  void connected(const error_code& ec);
  void shaken(const error_code& ec, std::size_t);
  void send();
  void written(const error_code& ec, std::size_t);
  void read();
  void came(const error_code& ec, std::size_t n);
  void parse();
  void ended(const error_code& ec);
  void complete();

  [[nodiscard]] connection::handler next(step which);
  void wait_until(clock::time_point when, const char* doing);
  void limit_step();
  void late();
  void fail(kind what, const std::string& text);
  void land(client_result result);

  flight_deck& deck_;
  client_request request_;
  callback then_;
  response_reader::sink on_data_;
  std::optional<std::chrono::milliseconds> idle_;

  url to_;
  std::string bytes_; ///< the request as it is sent
  boost::asio::ip::tcp::resolver resolver_;
  endpoints places_;
  std::size_t place_ = 0; ///< the one to try next
  std::unique_ptr<connection> on_;
  unsigned leg_ = 0; ///< counts connections: handlers know theirs
  std::optional<response_reader> reader_;

  boost::asio::steady_timer timer_;
  std::uint64_t timer_set_ = 0; ///< tells the current wait from earlier ones
  clock::time_point ends_;      ///< the whole request
  clock::time_point connect_ends_;
  const char* doing_ = "start";

  bool connecting_ = false; ///< a single attempt, which may give way to another
  bool heard_ = false;      ///< a byte of the answer came
  bool sent_ = false;       ///< bytes of the request may have gone out
  bool write_failed_ = false;
  bool replaced_ = false; ///< a stale connection was
  bool done_ = false;
};

} // namespace telltale::http
