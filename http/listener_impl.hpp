#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "http/listener.hpp"

namespace telltale::http {

/// For the server, which takes the parts over.
class listener::impl {
public:
  explicit impl(const server_options& options);

  void listen();
  /// The bound socket, which is the caller's to close from now on.
  [[nodiscard]] int release() { return socket_.release(); }

  std::string where; ///< as configured
  std::uint16_t port = 0;
  boost::asio::ip::tcp protocol = boost::asio::ip::tcp::v4();
  std::optional<boost::asio::ssl::context> tls;

private:
  boost::asio::io_context context_{1}; ///< never run: the socket wants one
  boost::asio::ip::tcp::acceptor socket_{context_};
  bool listening_ = false;
};

} // namespace telltale::http
