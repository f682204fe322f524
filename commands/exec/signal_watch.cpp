#include "commands/exec/signal_watch.hpp"

#include <array>
#include <atomic>

namespace telltale::commands {

namespace {

constexpr std::array passed_on{SIGHUP,  SIGINT,  SIGQUIT,
                               SIGTERM, SIGUSR1, SIGUSR2};

/// The write end that the signal handlers know; one run at a time.
std::atomic<int> signal_pipe{-1};

void on_signal(int number) {
  auto saved = errno;
  auto byte = static_cast<unsigned char>(number);
  // A full pipe has enough to wake us.
  [[maybe_unused]] auto n = ::write(signal_pipe.load(), &byte, 1);
  errno = saved;
}

} // namespace

signal_watch::signal_watch() {
  ::fcntl(pipe_.write_end, F_SETFL, O_NONBLOCK);
  signal_pipe.store(pipe_.write_end);
  for (auto number : passed_on)
    install(number, on_signal);
  install(SIGCHLD, on_signal);
  install(SIGPIPE, SIG_IGN);
  install(SIGTTOU, SIG_IGN);
}

signal_watch::~signal_watch() {
  undo();
  signal_pipe.store(-1);
}

void signal_watch::install(int number, void (*handler)(int)) {
  struct sigaction before {};
  ::sigaction(number, nullptr, &before);
  if (before.sa_handler == SIG_IGN && number != SIGCHLD)
    return;
  struct sigaction now {};
  now.sa_handler = handler;
  now.sa_flags = SA_RESTART;
  ::sigfillset(&now.sa_mask);
  ::sigaction(number, &now, nullptr);
  before_.emplace_back(number, before);
}

} // namespace telltale::commands
