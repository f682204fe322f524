#include "actors/gateway/edge_page.hpp"

#include <string_view>

namespace telltale {

namespace {

constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
    "data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

} // namespace

http::response page_answer(const page_asset& asset, const http::request& what) {
  http::response answer;
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
  if (!asset.etag.empty()) {
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
  return accept && accept->find("text/html") != std::string_view::npos;
}

} // namespace telltale
