#include "actors/persistence/embedded/cluster_data.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

#include "actors/persistence/embedded/cluster_process.hpp"
#include "actors/persistence/embedded/cluster_roles.hpp"
#include "actors/persistence/embedded/interrupted.hpp"

namespace fs = std::filesystem;

namespace telltale {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto poll = 10ms;

void write_file(const fs::path& file, const std::string& text) {
  const auto out = open_file(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (::write(out.value, text.data(), text.size())
      != static_cast<ssize_t>(text.size()))
    throw embedded_postgres_error{"cannot write " + file.string()};
}

} // namespace

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || number == 0)
    return std::nullopt;
  return number;
}

std::optional<std::uint32_t>
read_cluster_major(const fs::path& cluster, const cluster_account& account) {
  const file_access as_account{account};
  if (fs::is_symlink(fs::symlink_status(cluster)))
    throw embedded_postgres_error{
        cluster.string()
        + " is a link; the database's folder must be a folder, named by "
          "database.data_dir (to move it, move the whole data folder)"};
  return parse_number(read_tail(cluster / "PG_VERSION", 16));
}

void refuse_older_cluster(const fs::path& folder,
                          const cluster_account& account) {
  const file_access as_account{account};
  if (!fs::exists(folder / "pg_hba.conf"))
    throw embedded_postgres_error{
        "the embedded database in " + folder.string()
        + " was made by an older, unreleased build, whose role may do "
          "everything in it; this program does not take it over. Give it "
          "another database.data_dir, or move the old folder away"};
}

void write_access_files(const fs::path& folder,
                        const cluster_account& account) {
  const file_access as_account{account};
  write_file(folder / "pg_ident.conf",
             user_map_file(account, name_of_this_user()));
  write_file(folder / "pg_hba.conf", access_rules_file());
}

void stop_orphans(const fs::path& cluster, const cluster_account& account,
                  const embedded_postgres_options& options) {
  const std::array steps{std::pair{SIGINT, 15s}, std::pair{SIGQUIT, 5s},
                         std::pair{SIGKILL, 5s}};
  for (const auto& [number, patience] : steps) {
    auto left = find_processes_in(cluster);
    if (left.empty())
      break;
    options.tell("stopping the embedded database that an earlier run left");
    // The main process passes an orderly stop on to the others.
    pid_t main_process = 0;
    {
      const file_access as_account{account};
      main_process = static_cast<pid_t>(
          parse_number(read_tail(cluster / "postmaster.pid", 4096))
              .value_or(0));
    }
    const bool has_main =
        std::find(left.begin(), left.end(), main_process) != left.end();
    if (has_main && number != SIGKILL)
      left = {main_process};
    for (const auto id : left)
      ::kill(id, has_main || number == SIGKILL ? number : SIGQUIT);
    const auto until = steady_clock::now() + patience;
    while (steady_clock::now() < until && !find_processes_in(cluster).empty())
      pause_unless_stopped(options.stop, poll);
  }
  if (!find_processes_in(cluster).empty())
    throw embedded_postgres_error{"processes of an earlier run still use "
                                  + cluster.string()
                                  + " and cannot be stopped"};
  // Nobody is there, so the file is stale; its process id may by now belong to
  // a stranger, for whose sake the server would refuse to start.
  const file_access as_account{account};
  std::error_code ignored;
  fs::remove(cluster / "postmaster.pid", ignored);
}

void make_cluster(const fs::path& folder, const postgres_programs& programs,
                  const cluster_account& account,
                  const embedded_postgres_options& options) {
  options.tell("making the embedded database in " + folder.string());
  const auto fresh = folder / "cluster.new";
  const auto output = folder / "initdb.log";
  const file_access as_account{account};
  std::error_code error;
  fs::remove_all(fresh, error);
  fs::remove(output, error);
  program_launch launch;
  launch.program = programs.folder / "initdb";
  launch.arguments = {"--pgdata=" + fresh.string(),
                      "--username=" + std::string{setup_role},
                      "--encoding=UTF8",
                      "--locale=C",
                      "--auth-local=peer",
                      "--auth-host=reject",
                      "--no-instructions"};
  if (programs.major < 14) // where the option appeared
    launch.arguments.pop_back();
  if (!options.durable)
    launch.arguments.emplace_back("--no-sync");
  launch.folder = folder;
  launch.output = output;
  launch.account = account;
  if (const int code = run_program(launch, options.stop); code != 0)
    throw embedded_postgres_error{"initdb ended with " + std::to_string(code)
                                  + ":\n" + read_tail(output, 2000)};
  fs::rename(fresh, folder / "cluster");
}

} // namespace telltale
