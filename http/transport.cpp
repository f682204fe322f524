#include "http/transport.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace telltale::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

class plain_transport final : public session {
public:
  plain_transport(std::shared_ptr<io_loop> loop, tcp::socket socket,
                  std::string remote)
      : session(std::move(loop), std::move(remote), false),
        socket_(std::move(socket)) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
  }

protected:
  void handshake() override { on_handshake({}); }

  void async_read(asio::mutable_buffer into) override {
    socket_.async_read_some(
        into, [this, self = shared_from_this()](
                  const error_code& ec, std::size_t n) { on_read(ec, n); });
  }

  std::size_t write_now(asio::const_buffer from, error_code& ec) override {
    return socket_.write_some(from, ec);
  }

  void async_write(asio::const_buffer from) override {
    socket_.async_write_some(
        from, [this, self = shared_from_this()](
                  const error_code& ec, std::size_t n) { on_write(ec, n); });
  }

  void end_sending() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void close_socket() override {
    error_code ignored;
    socket_.close(ignored);
  }

private:
  tcp::socket socket_;
};

class tls_transport final : public session {
public:
  tls_transport(std::shared_ptr<io_loop> loop, tcp::socket socket,
                std::string remote, asio::ssl::context& context)
      : session(std::move(loop), std::move(remote), true),
        stream_(std::move(socket), context) {}

protected:
  void handshake() override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [this, self = shared_from_this()](
                                const error_code& ec) { on_handshake(ec); });
  }

  void async_read(asio::mutable_buffer into) override {
    stream_.async_read_some(into, [this, self = shared_from_this()](
                                      const error_code& ec, std::size_t n) {
      // Many clients close without the proper farewell.
      on_read(ec == asio::ssl::error::stream_truncated ? asio::error::eof : ec,
              n);
    });
  }

  std::size_t write_now(asio::const_buffer, error_code& ec) override {
    ec = asio::error::would_block;
    return 0;
  }

  void async_write(asio::const_buffer from) override {
    stream_.async_write_some(
        from, [this, self = shared_from_this()](
                  const error_code& ec, std::size_t n) { on_write(ec, n); });
  }

  void end_sending() override {
    stream_.async_shutdown(
        [this, self = shared_from_this()](const error_code&) {
          error_code ignored;
          stream_.lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
        });
  }

  void close_socket() override {
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

private:
  asio::ssl::stream<tcp::socket> stream_;
};

} // namespace

std::shared_ptr<session> plain_session(std::shared_ptr<io_loop> loop,
                                       tcp::socket socket, std::string remote) {
  return std::make_shared<plain_transport>(std::move(loop), std::move(socket),
                                           std::move(remote));
}

std::shared_ptr<session> tls_session(std::shared_ptr<io_loop> loop,
                                     tcp::socket socket, std::string remote,
                                     asio::ssl::context& context) {
  return std::make_shared<tls_transport>(std::move(loop), std::move(socket),
                                         std::move(remote), context);
}

} // namespace telltale::http
