#include "commands/exec/group_guard.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace telltale::commands {

namespace {

/// True if all bytes came; false at the end of the pipe.
bool read_whole(int from, void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const auto n = ::read(from, at, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// The other process. Calls nothing that is not async-signal-safe.
[[noreturn]] void guard(int from, timespec grace) {
  // A session of its own: what a terminal sends to us does not reach it.
  ::setsid();
  ::dup2(from, 0);
  ::close_range(1, ~0U, 0);
  [[maybe_unused]] const int entered = ::chdir("/");
  pid_t group = 0;
  char farewell = 0;
  if (!read_whole(0, &group, sizeof group) || group <= 1
      || read_whole(0, &farewell, 1))
    ::_exit(0);
  ::kill(-group, SIGTERM);
  ::kill(-group, SIGCONT);
  ::nanosleep(&grace, nullptr);
  ::kill(-group, SIGKILL);
  ::_exit(0);
}

} // namespace

group_guard::group_guard(std::chrono::milliseconds grace) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error{errno, std::generic_category(), "pipe"};
  const timespec time{grace.count() / 1000, grace.count() % 1000 * 1'000'000};
  // Our handlers must not run in there.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  child_ = ::fork();
  if (child_ == 0)
    guard(ends[0], time);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(ends[0]);
  pipe_ = ends[1];
  if (child_ < 0) {
    ::close(pipe_);
    throw std::system_error{error, std::generic_category(), "fork"};
  }
}

group_guard::~group_guard() {
  const char farewell = 1;
  const pid_t none = 0;
  // One that watches nothing yet ends by the first word.
  [[maybe_unused]] auto n = ::write(pipe_, &farewell, sizeof farewell);
  n = ::write(pipe_, &none, sizeof none);
  ::close(pipe_);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void group_guard::watch(pid_t group) const noexcept {
  [[maybe_unused]] const auto n = ::write(pipe_, &group, sizeof group);
}

} // namespace telltale::commands
