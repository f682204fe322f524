#include "actors/persistence/embedded/cluster_account.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace telltale {

namespace {

constexpr auto unchanged = static_cast<uid_t>(-1);

bool may_enter(const struct stat& info, const cluster_account& account) {
  if (info.st_uid == account.uid)
    return (info.st_mode & S_IXUSR) != 0;
  if (info.st_gid == account.gid)
    return (info.st_mode & S_IXGRP) != 0;
  return (info.st_mode & S_IXOTH) != 0;
}

} // namespace

cluster_account find_cluster_account(std::optional<uid_t> owner) {
  cluster_account result;
  if (::geteuid() != 0) {
    result.uid = ::geteuid();
    result.gid = ::getegid();
    const auto* entry = ::getpwuid(result.uid);
    result.name =
        entry != nullptr ? entry->pw_name : std::to_string(result.uid);
    return result;
  }
  for (const auto* name : {"telltale", "postgres"}) {
    const auto* entry = ::getpwnam(name);
    if (entry == nullptr || entry->pw_uid == 0)
      continue;
    if (result.steps_down && owner != entry->pw_uid)
      continue;
    result.uid = entry->pw_uid;
    result.gid = entry->pw_gid;
    result.name = name;
    result.steps_down = true;
    if (owner == entry->pw_uid)
      break;
  }
  // Not 'nobody': whatever else runs as that user would own the database.
  if (!result.steps_down)
    throw embedded_postgres_error{
        "the embedded database cannot run as root, and there is neither a user "
        "'telltale' nor 'postgres' to run it as; make one (useradd --system "
        "telltale), or run telltale as another user"};
  return result;
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

file_access::file_access(const cluster_account& account) {
  if (!account.steps_down)
    return;
  changed_ = true;
  // Linux keeps these for each thread, and takes root's rights over files away
  // with them. Both calls return what was before, also when they fail.
  gid_ = static_cast<gid_t>(::setfsgid(account.gid));
  uid_ = static_cast<uid_t>(::setfsuid(account.uid));
  if (static_cast<uid_t>(::setfsuid(unchanged)) != account.uid
      || static_cast<gid_t>(::setfsgid(unchanged)) != account.gid) {
    restore();
    throw embedded_postgres_error{"this process is root and may not act as "
                                  "user "
                                  + account.name
                                  + "; run telltale as that user"};
  }
}

file_access::~file_access() {
  if (changed_)
    restore();
}

void file_access::restore() const noexcept {
  ::setfsuid(uid_);
  ::setfsgid(gid_);
}

void descriptor::close_now() noexcept {
  if (value >= 0)
    ::close(value);
  value = -1;
}

descriptor open_file(const fs::path& file, int flags) {
  // Not blocking, lest a pipe in its place keeps us.
  descriptor result{
      ::open(file.c_str(),
             flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600)};
  struct stat info {};
  if (result.value < 0 || ::fstat(result.value, &info) != 0)
    throw embedded_postgres_error{
        "cannot open " + file.string() + ": "
        + (errno == ELOOP ? "it is a link" : std::strerror(errno))};
  if (!S_ISREG(info.st_mode))
    throw embedded_postgres_error{"cannot open " + file.string()
                                  + ": it is no file"};
  return result;
}

std::string read_tail(const fs::path& file, std::size_t bytes) {
  try {
    const auto in = open_file(file, O_RDONLY);
    const auto size = ::lseek(in.value, 0, SEEK_END);
    if (size < 0)
      return {};
    const auto start = static_cast<std::size_t>(size) > bytes
                           ? size - static_cast<off_t>(bytes)
                           : 0;
    std::string text(static_cast<std::size_t>(size - start), '\0');
    const auto got = ::pread(in.value, text.data(), text.size(), start);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (start > 0)
      if (const auto line = text.find('\n'); line != std::string::npos)
        text.erase(0, line + 1);
    return text;
  } catch (const embedded_postgres_error&) {
    return {};
  }
}

} // namespace telltale
