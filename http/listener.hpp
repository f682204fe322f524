#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace telltale::http {

struct server_options;

/// A certificate or key that cannot be used; names the file.
class tls_files_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// An address that cannot be used; names it.
class listen_error : public std::system_error {
public:
  using std::system_error::system_error;
};

/// What of a server can fail before anybody is served: an address, bound, and
/// TLS files, read. Made first, so that whoever needs a server finds out before
/// anything else has started. Nobody can connect before `listen`.
class listener {
public:
  /// Binds; throws `listen_error` or `tls_files_error`.
  explicit listener(const server_options& options);
  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  ~listener(); ///< lets go of the address

  /// From now on the kernel takes connections, which wait for a server. Throws
  /// as the constructor does: another process may have bound the same address
  /// meanwhile. Twice does no more than once.
  void listen();

  /// The port that is bound.
  [[nodiscard]] std::uint16_t port() const;

private:
  friend class server;
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace telltale::http
