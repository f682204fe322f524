#include "http/url.hpp"

#include <algorithm>
#include <charconv>

#include "http/wire.hpp"
#include "text/ascii.hpp"

namespace telltale::http {

namespace {

using text::lower;

bool is_url_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '\\' && c != '"' && c != '<'
           && c != '>';
  });
}

bool is_host(std::string_view text, bool bracketed) {
  const std::string_view marks = bracketed ? ":." : "-._";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const char l = lower(c);
    return (c >= '0' && c <= '9') || (l >= 'a' && l <= (bracketed ? 'f' : 'z'))
           || marks.find(c) != std::string_view::npos;
  });
}

std::string with_port(const url& of) {
  const bool v6 = of.host.find(':') != std::string::npos;
  return (v6 ? '[' + of.host + ']' : of.host) + ':' + std::to_string(of.port);
}

} // namespace

std::string url::authority() const {
  return with_port(*this);
}

std::string url::host_header() const {
  auto text = with_port(*this);
  if (port == (secure ? 443 : 80))
    text.resize(text.rfind(':'));
  return text;
}

std::optional<url> parse_url(std::string_view text) {
  if (!is_url_text(text))
    return std::nullopt;
  url parts;
  const auto scheme = text.substr(0, text.find("://"));
  if (scheme.size() == text.size())
    return std::nullopt;
  parts.secure = same_name(scheme, "https");
  if (!parts.secure && !same_name(scheme, "http"))
    return std::nullopt;
  text.remove_prefix(scheme.size() + 3);
  text = text.substr(0, text.find('#'));

  auto authority = text.substr(0, text.find_first_of("/?"));
  const auto target = text.substr(authority.size());
  parts.target = target.empty() || target.front() != '/' ? "/" : "";
  parts.target += target;

  std::string_view host;
  const bool bracketed = authority.starts_with('[');
  if (bracketed) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos)
      return std::nullopt;
    host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(host.size());
  }
  if (!is_host(host, bracketed))
    return std::nullopt;
  parts.host.assign(host);
  std::transform(host.begin(), host.end(), parts.host.begin(), lower);

  parts.port = parts.secure ? 443 : 80;
  if (!authority.empty()) {
    if (authority.front() != ':')
      return std::nullopt;
    authority.remove_prefix(1);
    const auto* end = authority.data() + authority.size();
    const auto read = std::from_chars(authority.data(), end, parts.port);
    if (read.ec != std::errc{} || read.ptr != end || parts.port == 0)
      return std::nullopt;
  }
  return parts;
}

} // namespace telltale::http
