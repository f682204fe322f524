#include "web/assets.hpp"

#include <cstdint>
#include <cstdio>

#include "embedded/web.hpp"

namespace telltale::web {

namespace {

constexpr std::string_view folder = "/assets/";
constexpr std::string_view page = "index.html";

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html"))
    return "text/html; charset=utf-8";
  if (name.ends_with(".css"))
    return "text/css; charset=utf-8";
  if (name.ends_with(".js"))
    return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

/// FNV-1a: tells versions of one file apart; nobody's safety hangs on it.
std::string etag_of(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : content) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  char out[24];
  std::snprintf(out, sizeof out, "\"%016llx\"",
                static_cast<unsigned long long>(hash));
  return out;
}

} // namespace

std::map<std::string, asset> assets() {
  std::map<std::string, asset> all;
  for (const auto& file : embedded_web()) {
    const auto path = file.name == page ? "/" + std::string{page}
                                        : std::string{folder}.append(file.name);
    all[path] = {file.content, type_of(file.name), etag_of(file.content)};
  }
  return all;
}

} // namespace telltale::web
