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
#include <pwd.h>
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

/// Closes what it holds.
struct descriptor {
  int value = -1;
  descriptor() = default;
  explicit descriptor(int fd) : value(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close_now(); }
  void close_now() {
    if (value >= 0)
      ::close(value);
    value = -1;
  }
};

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

bool may_enter(const struct stat& info, const cluster_account& account) {
  if (info.st_uid == account.uid)
    return (info.st_mode & S_IXUSR) != 0;
  if (info.st_gid == account.gid)
    return (info.st_mode & S_IXGRP) != 0;
  return (info.st_mode & S_IXOTH) != 0;
}

} // namespace

cluster_account find_cluster_account() {
  cluster_account result;
  if (::geteuid() != 0) {
    result.uid = ::geteuid();
    result.gid = ::getegid();
    const auto* entry = ::getpwuid(result.uid);
    result.name =
        entry != nullptr ? entry->pw_name : std::to_string(result.uid);
    return result;
  }
  for (const auto* name : {"postgres", "nobody"}) {
    if (const auto* entry = ::getpwnam(name); entry != nullptr) {
      result.uid = entry->pw_uid;
      result.gid = entry->pw_gid;
      result.name = name;
      result.steps_down = true;
      return result;
    }
  }
  throw embedded_postgres_error{
      "the embedded database cannot run as root, and there is neither a user "
      "'postgres' nor 'nobody' to run it as; run telltale as another user"};
}

std::optional<fs::path> find_closed_folder(const fs::path& path,
                                           const cluster_account& account) {
  if (!account.steps_down)
    return std::nullopt;
  fs::path way;
  for (const auto& part : path) {
    way /= part;
    struct stat info {};
    if (::stat(way.c_str(), &info) != 0)
      return std::nullopt; // from here on it will be made by us
    if (S_ISDIR(info.st_mode) && !may_enter(info, account))
      return way;
  }
  return std::nullopt;
}

pid_t launch_program(const program_launch& launch) {
  std::vector<std::string> arguments{launch.program.string()};
  arguments.insert(arguments.end(), launch.arguments.begin(),
                   launch.arguments.end());
  std::vector<std::string> environment{
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LC_ALL=C", "TZ=UTC", "HOME=" + launch.folder.string()};
  const descriptor input{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const descriptor output{
      ::open(launch.output.c_str(),
             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (input.value < 0 || output.value < 0)
    fail("cannot write " + launch.output.string(), errno);
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
    if (fs::read_symlink(entry.path() / "cwd", gone) == wanted && !gone)
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

std::string read_tail(const fs::path& file, std::size_t bytes) {
  std::ifstream in{file, std::ios::binary | std::ios::ate};
  if (!in)
    return {};
  const auto size = static_cast<std::size_t>(in.tellg());
  const auto start = size > bytes ? size - bytes : 0;
  in.seekg(static_cast<std::streamoff>(start));
  std::string text(size - start, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (start > 0)
    text.erase(0,
               text.find('\n') == std::string::npos ? 0 : text.find('\n') + 1);
  return text;
}

} // namespace telltale
