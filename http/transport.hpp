#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "http/io_loop.hpp"
#include "http/session.hpp"

namespace telltale::http {

/// A connection over plain TCP. `loop` has the socket's io_context.
[[nodiscard]] std::shared_ptr<session>
plain_session(std::shared_ptr<io_loop> loop,
              boost::asio::ip::tcp::socket socket, std::string remote);

/// A connection over TLS, as the server. `context` must outlive it.
[[nodiscard]] std::shared_ptr<session>
tls_session(std::shared_ptr<io_loop> loop, boost::asio::ip::tcp::socket socket,
            std::string remote, boost::asio::ssl::context& context);

} // namespace telltale::http
