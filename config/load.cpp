#include "config/load.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <tuple>
#include <unistd.h>

#include "config/checks.hpp"
#include "config/file_mode.hpp"
#include "config/overrides.hpp"
#include "config/read.hpp"
#include "config/tree.hpp"

namespace telltale::config {

namespace {

constexpr const char* usual_file = "telltale.toml";
/// Far above any real file; a device or a wrong path must not fill the memory.
constexpr std::size_t longest_file = 4u << 20;

node read_file(const std::string& path, load_result& result) {
  std::string content;
  std::array<char, 16'384> part{};
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  while (file && content.size() <= longest_file) {
    file.read(part.data(), static_cast<std::streamsize>(part.size()));
    content.append(part.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    const auto why = errno != 0 ? std::strerror(errno) : "unknown error";
    result.errors.push_back(
        {{path}, "", std::string{"expected a file that can be read: "} + why});
    return {};
  }
  if (content.size() > longest_file) {
    result.errors.push_back({{path}, "", "expected a file of at most 4 MiB"});
    return {};
  }
  // Whoever may write it may add a token of his own.
  if (is_writable_by_all(path))
    result.warnings.push_back({{path}, "", everybody_writes(path)});
  auto parsed = parse_toml(content, path);
  result.errors = std::move(parsed.errors);
  return std::move(parsed.root);
}

void sort_by_place(std::vector<problem>& problems) {
  std::stable_sort(
      problems.begin(), problems.end(), [](const problem& a, const problem& b) {
        const auto key = [](const problem& x) {
          return std::tuple{x.where.line == 0, x.where.line, x.where.column};
        };
        return key(a) < key(b);
      });
}

} // namespace

load_result load(const load_request& what) {
  load_result result;
  node root;
  if (what.file)
    result.file = *what.file;
  else if (::access(usual_file, F_OK) == 0)
    result.file = usual_file;
  if (result.file)
    root = read_file(*result.file, result);
  // What could not be parsed would only be reported again, as missing.
  const bool parsed = result.errors.empty();
  put_environment(root, what.environment);
  for (auto& wrong : put_overrides(root, what.overrides))
    result.errors.push_back(std::move(wrong));
  reader values{what.environment, result};
  values.read(root);
  if (parsed)
    cross_check(result, [&values](std::string path) {
      return values.where(std::move(path));
    });
  sort_by_place(result.errors);
  sort_by_place(result.warnings);
  return result;
}

std::vector<problem> refusals(const load_result& read) {
  auto result = read.errors;
  for (const auto& missing : read.missing_secrets)
    if (missing.in_use)
      result.push_back({missing.where, missing.path,
                        "expected a secret in the variable " + missing.variable
                            + ", which is not set"});
  return result;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> result;
  for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry{*at};
    const auto equals = entry.find('=');
    if (equals != entry.npos)
      result.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return result;
}

} // namespace telltale::config
