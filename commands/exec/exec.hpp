#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/client/runner_client.hpp"

namespace telltale::commands {

/// What `telltale exec` was asked to do.
struct exec_options {
  service_address service;
  std::string kind = "exec";
  std::string title; ///< empty: the command line
  std::string chat_session;
  std::chrono::milliseconds timeout{};     ///< 0: none
  std::chrono::milliseconds grace{10'000}; ///< between TERM and KILL
  std::size_t tail_bytes = 16'384;
  std::string posted_if; ///< regular expression; empty: none
  std::optional<std::int64_t> posted;
  std::uint32_t max_attempts = 1;
  bool quiet = false;
  std::vector<std::string> command_line;
  /// Names of variables that the command does not inherit: our tokens.
  std::vector<std::string> withheld;
  /// Masks secrets before anything leaves this machine or is cut.
  std::function<std::string(std::string_view)> mask;
  /// Where a last report waits that the service could not be told; empty: it is
  /// lost.
  std::filesystem::path spool;
  /// How long a final report is tried again.
  std::chrono::milliseconds report_patience{30'000};
  int out = 1; ///< where the command's stdout goes
  int err = 2; ///< where its stderr and our own lines go
};

/// Runs the command as an attempt of a task and returns the exit code to end
/// with: the command's own, whatever the service does. Blocks; one at a time
/// per process.
[[nodiscard]] int run_exec(const exec_options& options);

} // namespace telltale::commands
