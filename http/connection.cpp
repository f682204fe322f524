#include "http/connection.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

namespace telltale::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t read_size = 16'384;

} // namespace

void connection::handshake(asio::ssl::context& context, const std::string& host,
                           handler then) {
  auto& tls = tls_.emplace(socket_, context);
  error_code ec;
  asio::ip::make_address(host, ec);
  if (ec) {
    // The name that the other side chooses its certificate by; what the macro
    // of OpenSSL says, without its cast.
    SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
             TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  }
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.set_verify_callback(asio::ssl::host_name_verification(host));
  tls.async_handshake(
      asio::ssl::stream_base::client,
      [then = std::move(then)](const error_code& failed) { then(failed, 0); });
}

void connection::write(const std::string& bytes, handler then) {
  if (tls_)
    asio::async_write(*tls_, asio::buffer(bytes), std::move(then));
  else
    asio::async_write(socket_, asio::buffer(bytes), std::move(then));
}

void connection::read(handler then) {
  const auto space = input_.prepare(read_size);
  auto done = [this, then = std::move(then)](const error_code& ec,
                                             std::size_t n) {
    input_.commit(n);
    then(ec == asio::ssl::error::stream_truncated ? asio::error::eof : ec, n);
  };
  if (tls_)
    tls_->async_read_some(space, std::move(done));
  else
    socket_.async_read_some(space, std::move(done));
}

void connection::close() {
  error_code ignored;
  socket_.close(ignored);
}

bool connection::is_stale() {
  error_code ec;
  socket_.non_blocking(true, ec);
  char byte = 0;
  const auto n = socket_.receive(asio::buffer(&byte, 1),
                                 asio::socket_base::message_peek, ec);
  if (ec == asio::error::would_block || ec == asio::error::try_again)
    return false;
  // TLS may have something to say between answers, session tickets say.
  return ec || n == 0 || !tls_;
}

} // namespace telltale::http
