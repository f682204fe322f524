#include "commands/exec/exec_process.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/exec/group_guard.hpp"
#include "commands/exec/pipe_ends.hpp"
#include "commands/exec/signal_watch.hpp"

namespace telltale::commands {

namespace {

using steady = std::chrono::steady_clock;

/// A command that left its output open to others is not waited for longer.
constexpr std::chrono::milliseconds output_patience{500};

/// What a pipe that polls as writable takes without blocking.
constexpr std::size_t chunk_bytes = 4'096;

/// The terminal, if it is ours to lend.
class terminal {
public:
  terminal() : is_ours_(::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {}
  ~terminal() { take_back(); }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  [[nodiscard]] bool is_ours() const noexcept { return is_ours_; }
  void lend(pid_t group) const {
    if (is_ours_)
      ::tcsetpgrp(STDIN_FILENO, group);
  }
  void take_back() const {
    if (is_ours_)
      ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  }

private:
  bool is_ours_;
};

/// Copies one stream of the command without ever blocking in a write.
struct pump {
  bool is_error = false;
  pipe_ends pipe;
  int target = -1;
  std::string pending;

  [[nodiscard]] bool is_open() const noexcept { return pipe.read_end >= 0; }
  [[nodiscard]] bool is_idle() const noexcept {
    return !is_open() && pending.empty();
  }

  void read_some(const command_plan& plan) {
    std::array<char, 65'536> buffer;
    auto n = ::read(pipe.read_end, buffer.data(), buffer.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (n <= 0) {
      pipe_ends::close_end(pipe.read_end);
      return;
    }
    std::string_view bytes{buffer.data(), static_cast<std::size_t>(n)};
    plan.on_output(is_error, bytes);
    pending = bytes;
  }

  void write_some() {
    auto n =
        ::write(target, pending.data(), std::min(pending.size(), chunk_bytes));
    if (n > 0) {
      pending.erase(0, static_cast<std::size_t>(n));
    } else if (errno != EAGAIN && errno != EINTR) {
      // Nobody reads any more: the command shall notice as it would without
      // us in between.
      pending.clear();
      pipe_ends::close_end(pipe.read_end);
    }
  }
};

class run {
public:
  run(const command_plan& plan, const stop_switch& stop)
      : plan_(plan), stop_(stop), guard_(plan.grace) {
    error_.is_error = true;
    error_.target = plan.err;
    output_.target = plan.out;
  }

  command_end go() {
    if (auto error = spawn(); error != 0) {
      end_.spawn_error = error;
      return end_;
    }
    if (plan_.timeout.count() > 0)
      times_out_at_ = steady::now() + plan_.timeout;
    while (!is_over())
      turn();
    if (end_.cut != cut_short::no)
      ::kill(-group_, SIGKILL); // what outlived its leader
    return end_;
  }

private:
  int spawn() {
    std::vector<char*> arguments;
    for (const auto& word : plan_.command_line)
      arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::vector<char*> environment;
    for (const auto& entry : plan_.environment)
      environment.push_back(const_cast<char*>(entry.c_str()));
    environment.push_back(nullptr);
    pipe_ends trouble; // errno of a failed exec
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    // Our handlers must not run in the child.
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto parent = ::getpid();
    group_ = ::fork();
    if (group_ == 0) {
      become_command(arguments.data(), environment.data(), before, parent);
      const int error = errno;
      [[maybe_unused]] auto n =
          ::write(trouble.write_end, &error, sizeof error);
      ::_exit(127);
    }
    int error = group_ < 0 ? errno : 0;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pipe_ends::close_end(output_.pipe.write_end);
    pipe_ends::close_end(error_.pipe.write_end);
    pipe_ends::close_end(trouble.write_end);
    if (error != 0)
      return error;
    guard_.watch(group_);
    error = trouble.read_number();
    if (error != 0)
      ::waitpid(group_, nullptr, 0);
    return error;
  }

  /// In the child, between fork and exec: async-signal-safe calls alone.
  /// Returns if something failed, and `errno` says what.
  void become_command(char** arguments, char** environment,
                      const sigset_t& mask, pid_t parent) const {
    if (::setpgid(0, 0) < 0)
      return;
    if (terminal_.is_ours())
      ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
    if (::dup2(output_.pipe.write_end, STDOUT_FILENO) < 0
        || ::dup2(error_.pipe.write_end, STDERR_FILENO) < 0)
      return;
    // Whatever is open here is ours: a connection to the service, above all.
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
      return;
    // Who kills us ends the command; what it has started, `guard_` ends.
    if (::prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
      return;
    if (::getppid() != parent)
      ::_exit(127);
    signals_.undo();
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    ::execvpe(arguments[0], arguments, environment);
  }

  [[nodiscard]] bool is_over() const {
    if (!ended_at_)
      return false;
    return (error_.is_idle() && output_.is_idle())
           || steady::now() > *ended_at_ + output_patience;
  }

  void turn() {
    std::array<pollfd, 4> waits{{
        {signals_.descriptor(), POLLIN, 0},
        {end_.cut == cut_short::no ? stop_.descriptor() : -1, POLLIN, 0},
        wait_of(error_),
        wait_of(output_),
    }};
    auto ready = ::poll(waits.data(), waits.size(), patience());
    if (ready > 0) {
      while (auto number = signals_.take())
        on_caught(number);
      if (waits[1].revents != 0)
        cut(cut_short::stopped);
      // One write a turn: both may go to the same pipe, whose room is spent.
      if (!serve(error_, waits[2]))
        serve(output_, waits[3]);
    }
    on_time();
  }

  static pollfd wait_of(const pump& from) {
    if (!from.pending.empty())
      return {from.target, POLLOUT, 0};
    return {from.is_open() ? from.pipe.read_end : -1, POLLIN, 0};
  }

  /// True if it wrote.
  bool serve(pump& stream, const pollfd& wait) {
    if (wait.revents == 0)
      return false;
    if (ended_at_)
      ended_at_ = steady::now(); // it goes on: patience starts again
    if (!stream.pending.empty()) {
      stream.write_some();
      return true;
    }
    stream.read_some(plan_);
    return false;
  }

  void on_caught(int number) {
    if (number != SIGCHLD) {
      ::kill(-group_, number);
      return;
    }
    int status = 0;
    if (ended_at_ || ::waitpid(group_, &status, WNOHANG | WUNTRACED) <= 0)
      return;
    if (WIFSTOPPED(status)) {
      follow_stop();
      return;
    }
    ended_at_ = steady::now();
    if (WIFSIGNALED(status))
      end_.signal = WTERMSIG(status);
    else
      end_.exit_code = WEXITSTATUS(status);
  }

  /// Job control: who stopped the command meant us too.
  void follow_stop() {
    if (!terminal_.is_ours())
      return;
    terminal_.take_back();
    ::raise(SIGSTOP);
    terminal_.lend(group_);
    ::kill(-group_, SIGCONT);
  }

  void cut(cut_short why) {
    if (ended_at_ || end_.cut != cut_short::no)
      return;
    end_.cut = why;
    ::kill(-group_, SIGTERM);
    ::kill(-group_, SIGCONT);
    kill_at_ = steady::now() + plan_.grace;
  }

  void on_time() {
    auto now = steady::now();
    if (times_out_at_ && now >= *times_out_at_) {
      times_out_at_.reset();
      cut(cut_short::timed_out);
    }
    if (kill_at_ && now >= *kill_at_) {
      kill_at_.reset();
      ::kill(-group_, SIGKILL);
    }
  }

  [[nodiscard]] int patience() const {
    auto soonest = steady::now() + std::chrono::seconds{60};
    if (times_out_at_)
      soonest = std::min(soonest, *times_out_at_);
    if (kill_at_)
      soonest = std::min(soonest, *kill_at_);
    if (ended_at_)
      soonest = std::min(soonest, *ended_at_ + output_patience);
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(soonest - steady::now());
    return left.count() < 0 ? 0 : static_cast<int>(left.count()) + 1;
  }

  const command_plan& plan_;
  const stop_switch& stop_;
  signal_watch signals_;
  terminal terminal_;
  group_guard guard_;
  pump error_;
  pump output_;
  pid_t group_ = -1;
  command_end end_;
  std::optional<steady::time_point> times_out_at_;
  std::optional<steady::time_point> kill_at_;
  std::optional<steady::time_point> ended_at_;
};

} // namespace

stop_switch::stop_switch() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
  if (descriptor_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

stop_switch::~stop_switch() {
  ::close(descriptor_);
}

void stop_switch::press() noexcept {
  std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(descriptor_, &one, sizeof one);
}

command_end run_command(const command_plan& plan, const stop_switch& stop) {
  return run{plan, stop}.go();
}

} // namespace telltale::commands
