#include "actors/persistence/embedded/cluster_folder.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace telltale {

namespace {

constexpr std::size_t longest_socket_path = 107;
constexpr std::size_t socket_name = sizeof "/.s.PGSQL.5432.lock";

[[noreturn]] void fail(const std::string& what, int error) {
  throw embedded_postgres_error{what + ": " + std::strerror(error)};
}

/// A folder that only the account may enter.
void make_private_folder(const fs::path& folder,
                         const cluster_account& account) {
  if (::mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST)
    fail("cannot make " + folder.string(), errno);
  if (account.steps_down
      && ::chown(folder.c_str(), account.uid, account.gid) < 0)
    fail("cannot give " + folder.string() + " to user " + account.name, errno);
  if (::chmod(folder.c_str(), 0700) < 0)
    fail("cannot close " + folder.string() + " to others", errno);
}

/// In a folder that everyone may write to, somebody else may have been there
/// first.
bool is_ours(const fs::path& folder, const cluster_account& account) {
  struct stat info {};
  return ::lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode)
         && (info.st_uid == account.uid || info.st_uid == ::geteuid());
}

/// FNV-1a: the same in every build.
std::string short_name_of(const fs::path& folder) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : folder.string()) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return "telltale-" + std::to_string(hash);
}

} // namespace

fs::path make_data_folder(const fs::path& asked,
                          const cluster_account& account) {
  std::error_code error;
  auto folder = fs::absolute(asked).lexically_normal();
  if (!folder.has_filename()) // a trailing slash
    folder = folder.parent_path();
  fs::create_directories(folder.parent_path(), error);
  if (error)
    throw embedded_postgres_error{"cannot make " + folder.parent_path().string()
                                  + ": " + error.message()};
  if (const auto closed = find_closed_folder(folder.parent_path(), account))
    throw embedded_postgres_error{
        "the embedded database runs as user " + account.name
        + " (PostgreSQL refuses to run as root), who may not enter "
        + closed->string() + " on the way to " + folder.string()
        + "; choose another database.data_dir, run telltale as another user, "
          "or "
          "allow it with: chmod o+x "
        + closed->string()};
  make_private_folder(folder, account);
  return fs::canonical(folder);
}

int lock_data_folder(const fs::path& folder) {
  const auto file = folder / "owner.lock";
  const int fd =
      ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    fail("cannot open " + file.string(), errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) < 0) {
    const int error = errno;
    auto owner = read_tail(file, 32);
    ::close(fd);
    if (error != EWOULDBLOCK)
      fail("cannot lock " + file.string(), error);
    std::erase(owner, '\n');
    throw embedded_postgres_error{
        "the embedded database in " + folder.string()
        + " belongs to another telltale that is running (process " + owner
        + "); stop it, or give this one another database.data_dir"};
  }
  const auto id = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) < 0
      || ::pwrite(fd, id.data(), id.size(), 0)
             != static_cast<ssize_t>(id.size())) {
    const int error = errno;
    ::close(fd);
    fail("cannot write " + file.string(), error);
  }
  return fd;
}

fs::path make_socket_folder(const fs::path& folder,
                            const cluster_account& account) {
  const auto inside = folder / "run";
  if (inside.string().size() + socket_name <= longest_socket_path) {
    make_private_folder(inside, account);
    return inside;
  }
  for (const auto* shared : {"/run", "/tmp"}) {
    const auto outside = fs::path{shared} / short_name_of(folder);
    if ((::mkdir(outside.c_str(), 0700) == 0 || errno == EEXIST)
        && is_ours(outside, account)) {
      make_private_folder(outside, account);
      return outside;
    }
  }
  throw embedded_postgres_error{
      "no folder for the database's socket can be made under /run or /tmp, and "
      "the path of "
      + folder.string() + " is too long to hold it"};
}

} // namespace telltale
