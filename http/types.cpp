#include "http/types.hpp"

#include <algorithm>

#include "http/wire.hpp"
#include "text/percent.hpp"

namespace telltale::http {

namespace {

/// Cuts the part before `mark` off the front of `rest`, and the mark.
std::string_view cut(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  const auto part = rest.substr(0, at);
  rest =
      at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return part;
}

bool parse_query(std::string_view text, target& into) {
  while (!text.empty()) {
    auto pair = cut(text, '&');
    if (pair.empty())
      continue;
    const auto name = cut(pair, '=');
    auto key = text::percent_decode(name, true);
    auto value = text::percent_decode(pair, true);
    if (!key || !value)
      return false;
    into.query.emplace_back(std::move(*key), std::move(*value));
  }
  return true;
}

} // namespace

std::optional<std::string_view> request::find(std::string_view name) const {
  return find_header(headers, name);
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
  case 100:
    return "Continue";
  case 101:
    return "Switching Protocols";
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 203:
    return "Non-Authoritative Information";
  case 204:
    return "No Content";
  case 205:
    return "Reset Content";
  case 206:
    return "Partial Content";
  case 207:
    return "Multi-Status";
  case 300:
    return "Multiple Choices";
  case 301:
    return "Moved Permanently";
  case 302:
    return "Found";
  case 303:
    return "See Other";
  case 304:
    return "Not Modified";
  case 307:
    return "Temporary Redirect";
  case 308:
    return "Permanent Redirect";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 402:
    return "Payment Required";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 406:
    return "Not Acceptable";
  case 407:
    return "Proxy Authentication Required";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 410:
    return "Gone";
  case 411:
    return "Length Required";
  case 412:
    return "Precondition Failed";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 416:
    return "Range Not Satisfiable";
  case 417:
    return "Expectation Failed";
  case 421:
    return "Misdirected Request";
  case 422:
    return "Unprocessable Content";
  case 423:
    return "Locked";
  case 425:
    return "Too Early";
  case 426:
    return "Upgrade Required";
  case 428:
    return "Precondition Required";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 451:
    return "Unavailable For Legal Reasons";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 502:
    return "Bad Gateway";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 505:
    return "HTTP Version Not Supported";
  case 507:
    return "Insufficient Storage";
  default:
    return "Unknown";
  }
}

std::optional<target> parse_target(std::string_view text) {
  // A proxy's absolute form names scheme and authority before the path.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.size() >= scheme.size()
        && same_name(text.substr(0, scheme.size()), scheme)) {
      const auto slash = text.find_first_of("/?", scheme.size());
      text = slash == std::string_view::npos ? "/" : text.substr(slash);
      break;
    }
  }
  text = text.substr(0, text.find('#'));
  auto path = cut(text, '?');
  if (path.empty() || path.front() != '/')
    return std::nullopt;
  path.remove_prefix(1);

  target parts;
  while (!path.empty()) {
    auto segment = text::percent_decode(cut(path, '/'), false);
    if (!segment)
      return std::nullopt;
    parts.segments.push_back(std::move(*segment));
  }
  if (!parse_query(text, parts))
    return std::nullopt;
  return parts;
}

} // namespace telltale::http
