#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include <sys/types.h>

namespace telltale {

/// What keeps the embedded database from running, in words for an operator.
class embedded_postgres_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The user as whom the cluster's programs run. PostgreSQL refuses to run as
/// root, so root steps down to `postgres`, else to `nobody`.
struct cluster_account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
  bool steps_down = false; ///< true: we are root and the programs are not
};

[[nodiscard]] cluster_account find_cluster_account();

/// The first folder on the way to `path` that the account may not pass
/// through, if there is one. Always nothing without stepping down.
[[nodiscard]] std::optional<std::filesystem::path>
find_closed_folder(const std::filesystem::path& path,
                   const cluster_account& account);

/// A program to start: no shell, no inherited descriptors but `output`, a
/// fixed environment.
struct program_launch {
  std::filesystem::path program;
  std::vector<std::string> arguments; ///< without the program's own name
  std::filesystem::path folder;       ///< to work in
  std::filesystem::path output;       ///< file to append stdout and stderr to
  cluster_account account;
  /// In a session of its own, so that a terminal's Ctrl-C does not reach it,
  /// and told to stop (SIGINT) if the thread that starts it goes away.
  bool tied_to_us = false;
};

/// Starts it; throws `embedded_postgres_error` if it cannot be executed. Other
/// threads may run: between fork and exec only async-signal-safe calls are
/// made. With `tied_to_us` from a thread that lives as long as the service.
[[nodiscard]] pid_t launch_program(const program_launch& launch);

/// Starts it and waits. The exit code, or 128 + signal. Told to stop, it kills
/// the program with all that it has started and throws `interrupted`.
[[nodiscard]] int run_program(const program_launch& launch,
                              const std::stop_token& stop = {});

/// Process ids whose working folder is `folder`; a cluster's processes all work
/// in its data folder, whoever started them.
[[nodiscard]] std::vector<pid_t>
find_processes_in(const std::filesystem::path& folder);

/// Ends them with SIGKILL, which stopped ones hear as well. How many there
/// were.
std::size_t kill_processes_in(const std::filesystem::path& folder);

/// The last `bytes` of a file, from the beginning of a line; empty if it cannot
/// be read.
[[nodiscard]] std::string read_tail(const std::filesystem::path& file,
                                    std::size_t bytes);

} // namespace telltale
