#include "config/address.hpp"

#include <algorithm>
#include <charconv>

namespace telltale::config {

namespace {

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253
         && std::all_of(host.begin(), host.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || (c >= '0' && c <= '9') || c == '.' || c == '-'
                     || c == '_';
            });
}

bool is_v6(std::string_view host) {
  return host.size() >= 2 && std::count(host.begin(), host.end(), ':') >= 2
         && host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos;
}

} // namespace

std::optional<address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  const bool bracketed =
      host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  if (bracketed ? !is_v6(host) : !is_host(host))
    return std::nullopt;
  address result{std::string{host}, 0};
  const auto* end = port.data() + port.size();
  const auto [read, error] = std::from_chars(port.data(), end, result.port);
  if (port.empty() || error != std::errc{} || read != end)
    return std::nullopt;
  return result;
}

bool is_loopback(const address& where) {
  const std::string_view host = where.host;
  if (host == "localhost" || host == "::1" || host == "0:0:0:0:0:0:0:1")
    return true;
  // A name such as 127.example.org is no address.
  return host.starts_with("127.")
         && host.find_first_not_of("0123456789.") == host.npos
         && std::count(host.begin(), host.end(), '.') == 3;
}

bool is_http_url(std::string_view text) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme))
      continue;
    const auto rest = text.substr(scheme.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    return !authority.empty() && authority.front() != ':'
           && authority.find('@') == authority.npos
           && rest.find('#') == rest.npos
           && std::all_of(rest.begin(), rest.end(), [](char c) {
                return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
              });
  }
  return false;
}

bool is_loopback_url(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == text.npos)
    return false;
  text.remove_prefix(scheme + 3);
  std::string authority{text.substr(0, text.find_first_of("/?#"))};
  auto where = parse_address(authority);
  if (!where)
    where = parse_address(authority + ":0");
  return where && is_loopback(*where);
}

} // namespace telltale::config
