#include "actors/persistence/embedded/cluster_folder.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <dirent.h>
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

/// Somebody's folder may be given away only while it holds nothing.
bool is_empty(int folder) {
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto* entries = copy < 0 ? nullptr : ::fdopendir(copy);
  if (entries == nullptr) {
    if (copy >= 0)
      ::close(copy);
    return false;
  }
  bool empty = true;
  while (const auto* entry = ::readdir(entries)) {
    const std::string_view name{entry->d_name};
    // The last is what a fresh file system has.
    empty = empty && (name == "." || name == ".." || name == "lost+found");
  }
  ::closedir(entries);
  return empty;
}

[[noreturn]] void refuse_owner(const fs::path& folder, uid_t owner,
                               const cluster_account& account) {
  throw embedded_postgres_error{
      folder.string() + " belongs to user " + std::to_string(owner)
      + " and holds files, but the embedded database runs as user "
      + account.name
      + "; choose another database.data_dir, or, if it is a database of "
        "Telltale's, give it over with: chown -R "
      + account.name + " " + folder.string()};
}

/// Makes it if it is not there, and makes sure that it is the account's alone.
/// Nothing is followed: what is checked is what is changed.
void make_private_folder(const fs::path& folder,
                         const cluster_account& account) {
  const descriptor parent{
      ::open(folder.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (parent.value < 0)
    fail("cannot open " + folder.parent_path().string(), errno);
  const auto name = folder.filename();
  if (::mkdirat(parent.value, name.c_str(), 0700) < 0 && errno != EEXIST)
    fail("cannot make " + folder.string(), errno);
  const descriptor made{
      ::openat(parent.value, name.c_str(),
               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  const int error = errno;
  struct stat info {};
  if (made.value < 0) {
    if (::fstatat(parent.value, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISLNK(info.st_mode))
      throw embedded_postgres_error{
          folder.string()
          + " is a link, which could lead the database anywhere; name the "
            "folder that is meant in database.data_dir, or remove the link"};
    fail("cannot open " + folder.string(), error);
  }
  if (::fstat(made.value, &info) < 0)
    fail("cannot look at " + folder.string(), errno);
  if (info.st_uid != account.uid) {
    if (!account.steps_down || info.st_uid != ::geteuid()
        || !is_empty(made.value))
      refuse_owner(folder, info.st_uid, account);
    if (::fchown(made.value, account.uid, account.gid) < 0)
      fail("cannot give " + folder.string() + " to user " + account.name,
           errno);
  }
  if ((info.st_mode & 07777) != 0700 && ::fchmod(made.value, 0700) < 0)
    fail("cannot close " + folder.string() + " to others", errno);
}

/// Those that are missing, open for passing through.
void make_parents(const fs::path& folder, const cluster_account& account) {
  fs::path way;
  for (const auto& part : folder) {
    way /= part;
    if (::mkdir(way.c_str(), 0755) < 0) {
      if (errno != EEXIST && !fs::is_directory(way))
        fail("cannot make " + way.string(), errno);
      continue;
    }
    if (!account.steps_down)
      continue;
    // The process keeps new files to itself; the account must get through.
    const descriptor made{
        ::open(way.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (made.value < 0 || ::fchmod(made.value, 0755) < 0)
      fail("cannot open " + way.string() + " to others", errno);
  }
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

std::optional<uid_t> find_owner(const fs::path& folder) {
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return std::nullopt;
  return info.st_uid;
}

fs::path make_data_folder(const fs::path& asked,
                          const cluster_account& account) {
  auto folder = fs::absolute(asked).lexically_normal();
  if (!folder.has_filename()) // a trailing slash
    folder = folder.parent_path();
  make_parents(folder.parent_path(), account);
  folder = fs::canonical(folder.parent_path()) / folder.filename();
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
  return folder;
}

descriptor lock_data_folder(const fs::path& folder,
                            const cluster_account& account) {
  const auto file = folder / "owner.lock";
  const file_access as_account{account};
  auto lock = open_file(file, O_RDWR | O_CREAT);
  if (::flock(lock.value, LOCK_EX | LOCK_NB) < 0) {
    const int error = errno;
    auto owner = read_tail(file, 32);
    if (error != EWOULDBLOCK)
      fail("cannot lock " + file.string(), error);
    std::erase(owner, '\n');
    throw embedded_postgres_error{
        "the embedded database in " + folder.string()
        + " belongs to another telltale that is running (process " + owner
        + "); stop it, or give this one another database.data_dir"};
  }
  const auto id = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.value, 0) < 0
      || ::pwrite(lock.value, id.data(), id.size(), 0)
             != static_cast<ssize_t>(id.size()))
    fail("cannot write " + file.string(), errno);
  return lock;
}

fs::path make_socket_folder(const fs::path& folder,
                            const cluster_account& account) {
  const auto inside = folder / "run";
  if (inside.string().size() + socket_name <= longest_socket_path) {
    const file_access as_account{account};
    make_private_folder(inside, account);
    return inside;
  }
  for (const auto* shared : {"/run", "/tmp"}) {
    const auto outside = fs::path{shared} / short_name_of(folder);
    try {
      make_private_folder(outside, account);
      return outside;
    } catch (const embedded_postgres_error&) {
      // Where everyone may write, somebody else may have been there first.
    }
  }
  throw embedded_postgres_error{
      "no folder for the database's socket can be made under /run or /tmp, and "
      "the path of "
      + folder.string() + " is too long to hold it"};
}

void remove_socket_folder(const fs::path& socket_folder,
                          const cluster_account& account) noexcept {
  try {
    const file_access as_account{account};
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{socket_folder, ignored})
      fs::remove(entry.path(), ignored);
  } catch (const std::exception&) {
    return;
  }
  ::rmdir(socket_folder.c_str());
}

} // namespace telltale
