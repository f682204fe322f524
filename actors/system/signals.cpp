#include "actors/system/signals.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace telltale {

namespace {

int milliseconds_until(
    std::optional<std::chrono::steady_clock::time_point> limit) {
  if (!limit)
    return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      *limit - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

process_signal meaning_of(std::uint32_t number) {
  if (number == SIGHUP)
    return process_signal::reload;
  if (number == SIGCHLD)
    return process_signal::child;
  return process_signal::stop;
}

} // namespace

signal_gate::signal_gate() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD})
    sigaddset(&watched, number);
  if (const int failed = pthread_sigmask(SIG_BLOCK, &watched, nullptr);
      failed != 0)
    throw std::system_error{failed, std::generic_category(),
                            "cannot block signals"};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  sigaction(SIGUSR1, &ignore, nullptr);
  signals_ = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  notices_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signals_ < 0 || notices_ < 0)
    throw std::system_error{errno, std::generic_category(),
                            "cannot watch signals"};
}

signal_gate::~signal_gate() {
  ::close(signals_);
  ::close(notices_);
}

std::optional<process_signal> signal_gate::wait(
    std::optional<std::chrono::steady_clock::time_point> limit) const {
  for (;;) {
    signalfd_siginfo what{};
    if (::read(signals_, &what, sizeof what)
        == static_cast<ssize_t>(sizeof what))
      return meaning_of(what.ssi_signo);
    std::uint64_t count = 0;
    if (::read(notices_, &count, sizeof count)
        == static_cast<ssize_t>(sizeof count))
      return process_signal::notice;
    pollfd both[] = {{signals_, POLLIN, 0}, {notices_, POLLIN, 0}};
    const int time = milliseconds_until(limit);
    if (time == 0)
      return std::nullopt;
    ::poll(both, 2, time);
  }
}

void signal_gate::notify() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(notices_, &one, sizeof one);
}

} // namespace telltale
