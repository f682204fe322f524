#include "actors/gateway/edge/edge_page.hpp"

#include <algorithm>
#include <string_view>

#include "text/ascii.hpp"

namespace telltale {

namespace {

using text::trimmed;

constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
    "data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Are they the same but for the case of their letters?
bool is_word(std::string_view one, std::string_view other) {
  const auto small = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(one, other, {}, small, small);
}

/// What comes before the next `mark`, without blanks; `rest` keeps the others.
std::string_view take(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  const auto word = trimmed(rest.substr(0, at));
  rest =
      at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return word;
}

/// Thousandths, from 0 to 1000; 1000 for what is no weight (RFC 9110, 12.4.2).
int thousandths(std::string_view text) {
  if (text.empty() || text.front() != '0')
    return 1000;
  int all = 0;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9')
      return 1000;
    all += (digit - '0') * unit;
    unit /= 10;
  }
  return all;
}

/// How much a type is wanted where it is named; a wildcard names none.
int weight_of(std::string_view type, std::string_view accept) {
  while (!accept.empty()) {
    auto range = take(accept, ',');
    if (!is_word(take(range, ';'), type))
      continue;
    while (!range.empty()) {
      auto parameter = take(range, ';');
      if (is_word(take(parameter, '='), "q"))
        return thousandths(trimmed(parameter));
    }
    return 1000;
  }
  return 0;
}

} // namespace

http::response page_answer(const page_asset& asset, const http::request& what,
                           unsigned status, bool https) {
  http::response answer;
  answer.status = status;
  answer.headers = {
      {"Content-Security-Policy", std::string{content_policy}},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      // The page and the data share some addresses.
      {"Vary", "Accept"},
      {"Cache-Control",
       asset.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
  };
  if (https || what.secure)
    answer.headers.push_back({"Strict-Transport-Security", "max-age=31536000"});
  if (status == 200 && !asset.etag.empty()) {
    answer.headers.push_back({"ETag", asset.etag});
    const auto known = what.find("if-none-match");
    if (known && known->find(asset.etag) != std::string_view::npos) {
      answer.status = 304;
      return answer;
    }
  }
  answer.headers.push_back({"Content-Type", asset.content_type});
  answer.body = asset.body;
  return answer;
}

bool wants_html(const http::request& what) {
  const auto accept = what.find("accept");
  return accept
         && weight_of("text/html", *accept)
                > weight_of("application/json", *accept);
}

} // namespace telltale
