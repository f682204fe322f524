#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace telltale::config {

/// Where to listen.
struct address {
  std::string host; ///< without brackets
  std::uint16_t port = 0;

  bool operator==(const address&) const = default;
};

/// Reads `host:port` or `[v6]:port`. Nothing if it is neither.
[[nodiscard]] std::optional<address> parse_address(std::string_view text);

/// Whether only this machine can reach a listener there.
[[nodiscard]] bool is_loopback(const address& where);

/// Whether `text` is an http or https URL that names a host, without blanks,
/// user or fragment.
[[nodiscard]] bool is_http_url(std::string_view text);

/// Whether a URL of that kind names a host that only this machine reaches.
[[nodiscard]] bool is_loopback_url(std::string_view text);

} // namespace telltale::config
