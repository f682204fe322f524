#include "http/listener.hpp"

#include <charconv>
#include <utility>

#include "http/listener_impl.hpp"
#include "http/server.hpp"

namespace telltale::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

tcp::endpoint parse_listen(const std::string& text) {
  const auto fail = [&](std::errc why) -> listen_error {
    return {std::make_error_code(why), "cannot listen on " + text};
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos)
    throw fail(std::errc::invalid_argument);
  auto host = text.substr(0, colon);
  if (host == "localhost")
    host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (ec || read.ec != std::errc{} || read.ptr != end)
    throw fail(std::errc::invalid_argument);
  return {address, port};
}

asio::ssl::context load_tls(const server_options& o) {
  asio::ssl::context made{asio::ssl::context::tls_server};
  SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
  error_code ec;
  made.use_certificate_chain_file(o.tls_certificate, ec);
  if (ec)
    throw tls_files_error("cannot use the TLS certificate " + o.tls_certificate
                          + ": " + ec.message());
  made.use_private_key_file(o.tls_key, asio::ssl::context::pem, ec);
  if (ec)
    throw tls_files_error("cannot use the TLS key " + o.tls_key + ": "
                          + ec.message());
  return made;
}

} // namespace

listener::impl::impl(const server_options& options) : where(options.listen) {
  if (!options.tls_certificate.empty())
    tls.emplace(load_tls(options));
  const auto endpoint = parse_listen(where);
  protocol = endpoint.protocol();
  error_code ec;
  socket_.open(protocol, ec);
  if (!ec)
    socket_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec)
    socket_.bind(endpoint, ec);
  if (!ec)
    port = socket_.local_endpoint(ec).port();
  if (ec)
    throw listen_error(ec, "cannot listen on " + where);
}

void listener::impl::listen() {
  if (std::exchange(listening_, true))
    return;
  error_code ec;
  socket_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec)
    throw listen_error(ec, "cannot listen on " + where);
}

listener::listener(const server_options& options)
    : impl_(std::make_unique<impl>(options)) {}

listener::listener(listener&&) noexcept = default;
listener& listener::operator=(listener&&) noexcept = default;
listener::~listener() = default;

void listener::listen() {
  impl_->listen();
}

std::uint16_t listener::port() const {
  return impl_->port;
}

} // namespace telltale::http
