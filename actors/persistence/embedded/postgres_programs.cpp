#include "actors/persistence/embedded/postgres_programs.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include <unistd.h>

#include "actors/persistence/embedded/cluster_process.hpp"

namespace fs = std::filesystem;

namespace telltale {

namespace {

bool holds_programs(const fs::path& folder) {
  return ::access((folder / "postgres").c_str(), X_OK) == 0
         && ::access((folder / "initdb").c_str(), X_OK) == 0;
}

std::vector<fs::path> folders_on_path() {
  std::vector<fs::path> result;
  const char* path = std::getenv("PATH");
  std::istringstream in{path != nullptr ? path : ""};
  for (std::string part; std::getline(in, part, ':');) {
    if (!part.empty() && part.front() == '/')
      result.emplace_back(part);
  }
  return result;
}

/// `/usr/lib/postgresql/15/bin` (Debian, Ubuntu) and `/usr/pgsql-15/bin`
/// (Red Hat), newest first.
std::vector<fs::path> folders_of_distributions() {
  std::vector<fs::path> result;
  for (std::uint32_t major = 40; major >= oldest_postgres; --major) {
    const auto text = std::to_string(major);
    result.push_back(fs::path{"/usr/lib/postgresql"} / text / "bin");
    result.push_back(fs::path{"/usr/pgsql-" + text} / "bin");
  }
  return result;
}

} // namespace

std::optional<std::uint32_t> parse_postgres_version(std::string_view text) {
  constexpr std::string_view before = "(PostgreSQL) ";
  const auto at = text.find(before);
  if (at == std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(at + before.size());
  std::uint32_t major = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), major);
  if (read.ec != std::errc{} || major == 0)
    return std::nullopt;
  return major;
}

std::vector<postgres_programs>
list_postgres_programs(const fs::path& scratch,
                       const cluster_account& account) {
  const file_access as_account{account};
  auto folders = folders_on_path();
  for (auto& folder : folders_of_distributions())
    folders.push_back(std::move(folder));
  std::vector<postgres_programs> result;
  for (const auto& folder : folders) {
    if (!holds_programs(folder))
      continue;
    // Programs on PATH are often links; the real folder also has the rest.
    std::error_code ignored;
    auto real = fs::canonical(folder / "postgres", ignored).parent_path();
    if (ignored || !holds_programs(real))
      real = folder;
    if (std::any_of(result.begin(), result.end(),
                    [&](const auto& known) { return known.folder == real; }))
      continue;
    fs::remove(scratch, ignored);
    program_launch ask;
    ask.program = real / "postgres";
    ask.arguments = {"--version"};
    ask.folder = "/";
    ask.output = scratch;
    ask.account = account;
    if (run_program(ask) != 0)
      continue;
    if (const auto major = parse_postgres_version(read_tail(scratch, 1000)))
      result.push_back({real, *major});
  }
  std::error_code ignored;
  fs::remove(scratch, ignored);
  return result;
}

postgres_programs choose_postgres(const std::vector<postgres_programs>& found,
                                  std::optional<std::uint32_t> cluster_major) {
  if (cluster_major) {
    for (const auto& one : found) {
      if (one.major == *cluster_major)
        return one;
    }
    const auto text = std::to_string(*cluster_major);
    throw embedded_postgres_error{
        "the embedded database was made by PostgreSQL " + text
        + ", whose programs are not installed; install them (Debian and "
          "Ubuntu: "
          "apt-get install postgresql-"
        + text + "), or bring the data to another version with pg_upgrade"};
  }
  for (const auto& one : found) {
    if (one.major >= oldest_postgres)
      return one;
  }
  throw embedded_postgres_error{
      "PostgreSQL's server programs (13 or newer) were found neither on PATH "
      "nor "
      "under /usr/lib/postgresql; install them (Debian and Ubuntu: apt-get "
      "install postgresql), or set database.mode = \"url\" and database.url"};
}

} // namespace telltale
