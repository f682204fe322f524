#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <sys/types.h>

#include "actors/persistence/embedded/cluster_account.hpp"

namespace telltale {

/// A program to start: no shell, no inherited descriptors but `output`, a
/// fixed environment.
struct program_launch {
  std::filesystem::path program;
  std::vector<std::string> arguments; ///< without the program's own name
  std::filesystem::path folder;       ///< to work in
  /// File to append stdout and stderr to; reached as the account.
  std::filesystem::path output;
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

/// Ids of processes that work in `folder` and run as its owner: a cluster's,
/// whoever started them. Nobody else's, and none if the folder is a link.
[[nodiscard]] std::vector<pid_t>
find_processes_in(const std::filesystem::path& folder);

/// Ends them with SIGKILL, which stopped ones hear as well. How many there
/// were.
std::size_t kill_processes_in(const std::filesystem::path& folder);

} // namespace telltale
