#pragma once

#include <chrono>

#include <sys/types.h>

namespace telltale::commands {

/// Ends a process group should this process be killed, so that a command never
/// outlives the one who reports on it: a process of its own that waits for our
/// end of a pipe to close. TERM, then after the grace KILL.
class group_guard {
public:
  /// Forks; throws `std::system_error`. Keeps no descriptor of ours but the
  /// pipe.
  explicit group_guard(std::chrono::milliseconds grace);
  group_guard(const group_guard&) = delete;
  group_guard& operator=(const group_guard&) = delete;
  ~group_guard(); ///< the group is left alone

  /// The group to end; once.
  void watch(pid_t group) const noexcept;

private:
  int pipe_ = -1; ///< to the other process
  pid_t child_ = -1;
};

} // namespace telltale::commands
