#include "actors/persistence/embedded/cluster_process.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string_view>

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/persistence/embedded/interrupted.hpp"

namespace fs = std::filesystem;

namespace telltale {

namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw embedded_postgres_error{what + ": " + std::strerror(error)};
}

/// What the child needs, made before the fork: between fork and exec only
/// async-signal-safe calls are allowed.
struct child_plan {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* folder = nullptr;
  int input = -1;
  int output = -1;
  int report = -1; ///< errno of a failed exec goes here
  cluster_account account;
  bool tied = false;
  pid_t parent = 0;
};

/// Runs in the child; returns only if something failed.
void become_program(const child_plan& plan) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD,
                           SIGUSR1, SIGUSR2, SIGALRM})
    std::signal(number, SIG_DFL);
  // A group of its own: what it starts can be ended together with it.
  if ((plan.tied ? ::setsid() : ::setpgid(0, 0)) < 0)
    return;
  if (::dup2(plan.input, STDIN_FILENO) < 0
      || ::dup2(plan.output, STDOUT_FILENO) < 0
      || ::dup2(plan.output, STDERR_FILENO) < 0)
    return;
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
    return;
  if (plan.account.steps_down
      && (::setgroups(1, &plan.account.gid) < 0
          || ::setgid(plan.account.gid) < 0 || ::setuid(plan.account.uid) < 0))
    return;
  // After setuid, which clears it. A parent that died before is noticed by
  // looking at who the parent is now.
  if (plan.tied) {
    if (::prctl(PR_SET_PDEATHSIG, SIGINT) < 0)
      return;
    if (::getppid() != plan.parent)
      ::_exit(1);
  }
  ::umask(077);
  if (::chdir(plan.folder) < 0)
    return;
  ::execve(plan.arguments.front(), plan.arguments.data(),
           plan.environment.data());
}

std::vector<char*> as_pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Does it run as this user? Read from `status`, since the owner of a process's
/// entry is root's for one that is not dumpable.
bool runs_as(const fs::path& process, uid_t user) {
  std::ifstream status{process / "status"};
  for (std::string word; status >> word;) {
    if (word != "Uid:")
      continue;
    uid_t real = 0;
    return (status >> real) && real == user;
  }
  return false;
}

descriptor open_output(const program_launch& launch) {
  const file_access as_account{launch.account};
  return open_file(launch.output, O_WRONLY | O_CREAT | O_APPEND);
}

} // namespace

pid_t launch_program(const program_launch& launch) {
  std::vector<std::string> arguments{launch.program.string()};
  arguments.insert(arguments.end(), launch.arguments.begin(),
                   launch.arguments.end());
  std::vector<std::string> environment{
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LC_ALL=C", "TZ=UTC", "HOME=" + launch.folder.string()};
  const descriptor input{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (input.value < 0)
    fail("cannot read /dev/null", errno);
  const auto output = open_output(launch);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0)
    fail("cannot make a pipe", errno);
  const descriptor from_child{ends[0]};
  descriptor to_parent{ends[1]};

  child_plan plan;
  plan.arguments = as_pointers(arguments);
  plan.environment = as_pointers(environment);
  plan.folder = launch.folder.c_str();
  plan.input = input.value;
  plan.output = output.value;
  plan.report = to_parent.value;
  plan.account = launch.account;
  plan.tied = launch.tied_to_us;
  plan.parent = ::getpid();

  const pid_t child = ::fork();
  if (child < 0)
    fail("cannot start " + launch.program.string(), errno);
  if (child == 0) {
    become_program(plan);
    const int error = errno;
    [[maybe_unused]] const auto written =
        ::write(plan.report, &error, sizeof error);
    ::_exit(127);
  }
  to_parent.close_now();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(from_child.value, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof error)) {
    ::waitpid(child, nullptr, 0);
    fail("cannot run " + launch.program.string() + " as user "
             + launch.account.name,
         error);
  }
  return child;
}

int run_program(const program_launch& launch, const std::stop_token& stop) {
  const pid_t child = launch_program(launch);
  int status = 0;
  // The child is one of ours: its end is seen within a few milliseconds.
  for (pid_t ended = 0; ended == 0;) {
    ended = ::waitpid(child, &status, WNOHANG);
    if (ended < 0 && errno != EINTR)
      fail("cannot wait for " + launch.program.string(), errno);
    if (ended != child) {
      ended = 0;
      try {
        pause_unless_stopped(stop, std::chrono::milliseconds{5});
      } catch (const interrupted&) {
        ::kill(-child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        throw;
      }
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<pid_t> find_processes_in(const fs::path& folder) {
  std::vector<pid_t> result;
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return result;
  std::error_code ignored;
  const auto wanted = fs::weakly_canonical(folder, ignored);
  for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
    const auto name = entry.path().filename().string();
    pid_t id = 0;
    const auto* end = name.data() + name.size();
    if (const auto read = std::from_chars(name.data(), end, id);
        read.ec != std::errc{} || read.ptr != end)
      continue;
    std::error_code gone; // it may end, or belong to another user
    if (fs::read_symlink(entry.path() / "cwd", gone) == wanted && !gone
        && runs_as(entry.path(), info.st_uid))
      result.push_back(id);
  }
  return result;
}

std::size_t kill_processes_in(const fs::path& folder) {
  const auto found = find_processes_in(folder);
  for (const auto id : found)
    ::kill(id, SIGKILL);
  return found.size();
}

} // namespace telltale
