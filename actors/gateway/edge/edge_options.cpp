#include "actors/gateway/edge/edge_options.hpp"

#include "actors/gateway/edge/edge.hpp"

namespace telltale {

namespace {

/// Without a good token no more of a body than this is read.
constexpr std::size_t small_body_bytes = 4'096;

} // namespace

http::server_options server_options(const config::http_config& from) {
  http::server_options to;
  to.listen = from.listen;
  to.threads = static_cast<unsigned>(from.threads);
  to.max_connections = static_cast<std::size_t>(from.max_connections);
  to.max_pipeline = static_cast<std::size_t>(from.max_pipeline);
  to.max_body_bytes = static_cast<std::size_t>(from.max_body_bytes);
  to.small_body_bytes = small_body_bytes;
  to.header_timeout = from.header_timeout;
  to.body_timeout = from.body_timeout;
  to.idle_timeout = from.idle_timeout;
  to.tls_certificate = from.tls_certificate;
  to.tls_key = from.tls_key;
  return to;
}

http::listener bind_edge(const config::http_config& options) {
  return http::listener{server_options(options)};
}

} // namespace telltale
