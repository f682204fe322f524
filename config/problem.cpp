#include "config/problem.hpp"

#include <algorithm>

namespace telltale::config {

namespace {

constexpr std::size_t longest_shown = 60;

bool is_bare(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

} // namespace

std::string to_string(const origin& where) {
  if (where.line == 0)
    return where.source;
  return where.source + ':' + std::to_string(where.line) + ':'
         + std::to_string(where.column);
}

std::string to_string(const problem& what) {
  std::string result = to_string(what.where);
  if (!result.empty())
    result += ": ";
  if (!what.path.empty())
    result += what.path + ": ";
  return result + what.text;
}

std::string shown(std::string_view value) {
  std::string result = "\"";
  for (char c : value.substr(0, longest_shown)) {
    const auto byte = static_cast<unsigned char>(c);
    // Bytes above ASCII may hide controls of their own (C1, bidi).
    result += byte < 0x20 || byte >= 0x7f ? '?' : c;
  }
  if (value.size() > longest_shown)
    result += "…";
  return result + '"';
}

std::string joined(std::string_view path, std::string_view key) {
  std::string result{path};
  if (!result.empty())
    result += '.';
  if (is_bare(key))
    return result += key;
  return result += shown(key);
}

} // namespace telltale::config
