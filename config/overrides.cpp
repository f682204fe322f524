#include "config/overrides.hpp"

#include <algorithm>

#include "text/ascii.hpp"

namespace telltale::config {

namespace {

using text::trimmed;

constexpr std::string_view prefix = "TELLTALE_";

/// Where the `=` after the path is; in quotes it belongs to a key.
std::size_t find_equals(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '=')
      return i;
  }
  return text.npos;
}

node loose(std::string_view text, origin where) {
  node result;
  result.what = node::form::loose;
  result.where = std::move(where);
  result.text = text;
  return result;
}

} // namespace

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> keys;
  path = trimmed(path);
  while (true) {
    if (path.empty())
      return {};
    std::size_t end = 0;
    if (path.front() == '"' || path.front() == '\'') {
      const auto close = path.find(path.front(), 1);
      if (close == path.npos)
        return {};
      keys.emplace_back(path.substr(1, close - 1));
      end = close + 1;
    } else {
      end = std::min(path.find('.'), path.size());
      keys.emplace_back(path.substr(0, end));
    }
    if (keys.back().empty())
      return {};
    if (end == path.size())
      return keys;
    if (path[end] != '.')
      return {};
    path.remove_prefix(end + 1);
  }
}

std::vector<std::string> split_variable(std::string_view name) {
  if (!name.starts_with(prefix))
    return {};
  name.remove_prefix(prefix.size());
  std::vector<std::string> keys(1);
  for (std::size_t i = 0; i < name.size();) {
    const auto rest = name.substr(i);
    if (rest.starts_with("___")) {
      keys.back() += '.';
      i += 3;
    } else if (rest.starts_with("__")) {
      keys.emplace_back();
      i += 2;
    } else {
      const char c = rest.front();
      keys.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      ++i;
    }
  }
  // TELLTALE_HOME and its like are for other purposes.
  if (keys.size() < 2
      || std::any_of(keys.begin(), keys.end(),
                     [](const std::string& key) { return key.empty(); }))
    return {};
  if (keys.front() == "relays")
    std::replace(keys[1].begin(), keys[1].end(), '_', '-');
  return keys;
}

void put_environment(node& root,
                     const std::map<std::string, std::string>& environment) {
  for (auto at = environment.lower_bound(std::string{prefix});
       at != environment.end() && at->first.starts_with(prefix); ++at) {
    const auto& [name, value] = *at;
    if (const auto keys = split_variable(name); !keys.empty())
      put(root, keys, loose(value, {"environment " + name}));
  }
}

std::vector<problem> put_overrides(node& root,
                                   const std::vector<std::string>& overrides) {
  std::vector<problem> problems;
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const std::string_view text = overrides[i];
    const auto equals = find_equals(text);
    const auto path = trimmed(text.substr(0, equals));
    const auto keys = split_path(path);
    if (equals == text.npos || keys.empty()) {
      // What was given may be a lone secret, so only its number is told.
      problems.push_back({{"--set number " + std::to_string(i + 1)},
                          "",
                          "expected section.key=value"});
      continue;
    }
    put(root, keys,
        loose(text.substr(equals + 1), {"--set " + std::string{path}}));
  }
  return problems;
}

} // namespace telltale::config
