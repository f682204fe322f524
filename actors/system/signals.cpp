#include "actors/system/signals.hpp"

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace telltale {

signal_gate::signal_gate() {
  sigemptyset(&watched_);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD})
    sigaddset(&watched_, number);
  if (const int failed = pthread_sigmask(SIG_BLOCK, &watched_, nullptr);
      failed != 0)
    throw std::system_error{failed, std::generic_category(),
                            "cannot block signals"};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

process_signal signal_gate::wait() const {
  int number = 0;
  while (sigwait(&watched_, &number) != 0)
    continue;
  if (number == SIGHUP)
    return process_signal::reload;
  if (number == SIGUSR1)
    return process_signal::hopeless;
  if (number == SIGCHLD)
    return process_signal::child;
  return process_signal::stop;
}

void signal_gate::give_up() {
  kill(getpid(), SIGUSR1);
}

} // namespace telltale
