#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace telltale::http {

/// A client's connection, plain or TLS. One operation at a time; it must live
/// until the operation's handler was called. The client's thread only.
class connection {
public:
  using error_code = boost::system::error_code;
  using handler = std::function<void(const error_code&, std::size_t)>;

  explicit connection(boost::asio::io_context& context) : socket_(context) {}

  [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return socket_; }
  [[nodiscard]] boost::beast::flat_buffer& input() { return input_; }

  /// Speaks TLS from here on: verifies that the certificate is one for `host`
  /// (a name or an address), and ends in `then`.
  void handshake(boost::asio::ssl::context& context, const std::string& host,
                 handler then);

  void write(const std::string& bytes, handler then); ///< all of it
  void read(handler then);                            ///< some, into `input`
  void close();

  /// True if the other side has closed the kept connection, or said something
  /// that nobody asked for.
  [[nodiscard]] bool is_stale();

  std::chrono::steady_clock::time_point kept_since; ///< in the pool
  bool used_before = false; ///< an earlier request was answered on it

private:
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::beast::flat_buffer input_;
};

} // namespace telltale::http
