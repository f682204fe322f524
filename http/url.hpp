#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace telltale::http {

/// An absolute http or https URL, taken apart for a request.
struct url {
  bool secure = false;
  std::string host; ///< lower case; an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target; ///< path and query; at least "/"

  /// `host:port`, an IPv6 address in brackets: names the server in messages.
  [[nodiscard]] std::string authority() const;
  /// The same without the scheme's own port: the Host header.
  [[nodiscard]] std::string host_header() const;
};

/// Nothing if `text` is no such URL, holds userinfo, or has characters that may
/// not stand in one (blanks, controls, non-ASCII). The fragment is dropped.
[[nodiscard]] std::optional<url> parse_url(std::string_view text);

} // namespace telltale::http
