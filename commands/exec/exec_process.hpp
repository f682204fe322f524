#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/exec/exec_rules.hpp"

namespace telltale::commands {

/// Ends a running command from another thread.
class stop_switch {
public:
  stop_switch(); ///< throws `std::system_error` if there are no descriptors
  ~stop_switch();
  stop_switch(const stop_switch&) = delete;
  stop_switch& operator=(const stop_switch&) = delete;

  void press() noexcept; ///< any thread
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
  int descriptor_ = -1;
};

/// A command to run.
struct command_plan {
  std::vector<std::string> command_line;   ///< program and arguments
  std::vector<std::string> environment;    ///< `NAME=value`, the whole of it
  std::chrono::milliseconds timeout{};     ///< 0: none
  std::chrono::milliseconds grace{10'000}; ///< between TERM and KILL
  int out = 1; ///< where the command's stdout is copied to
  int err = 2; ///< where its stderr is copied to
  /// Called with what was read, before it is copied. This thread.
  std::function<void(bool is_error, std::string_view bytes)> on_output;
};

/// Runs a command in a process group of its own and returns when it ended: its
/// standard input is ours, its output is copied as it comes, the signals that
/// ask us to end go to its group, and if we hold the terminal, it holds the
/// terminal meanwhile. `stop` and the timeout end its group with TERM, then
/// KILL. One at a time per process (signal handlers are the process's).
[[nodiscard]] command_end run_command(const command_plan& plan,
                                      const stop_switch& stop);

} // namespace telltale::commands
