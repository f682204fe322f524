#pragma once

#include <csignal>
#include <utility>
#include <vector>

#include <unistd.h>

#include "commands/exec/pipe_ends.hpp"

namespace telltale::commands {

/// Our signal handlers while a command runs; what was ignored stays ignored
/// (nohup).
class signal_watch {
public:
  signal_watch();
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return pipe_.read_end; }

  /// The next signal that came; 0 if there is none.
  [[nodiscard]] int take() const {
    unsigned char number = 0;
    return ::read(pipe_.read_end, &number, 1) == 1 ? number : 0;
  }

  /// Sets all back to what they were: what the command is to inherit.
  /// Async-signal-safe.
  void undo() const {
    for (const auto& [number, before] : before_)
      ::sigaction(number, &before, nullptr);
  }

private:
  void install(int number, void (*handler)(int));

  pipe_ends pipe_;
  std::vector<std::pair<int, struct sigaction>> before_;
};

} // namespace telltale::commands
