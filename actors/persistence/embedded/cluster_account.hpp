#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <sys/types.h>

namespace telltale {

/// What keeps the embedded database from running, in words for an operator.
class embedded_postgres_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The user as whom the cluster's programs run. PostgreSQL refuses to run as
/// root, so root steps down to `telltale`, else to `postgres`.
struct cluster_account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
  bool steps_down = false; ///< true: we are root and the programs are not
};

/// `owner`: whose the data folder is, if it is there. Of the two accounts it is
/// then the one that made the cluster.
[[nodiscard]] cluster_account
find_cluster_account(std::optional<uid_t> owner = {});

/// The first folder on the way to `path` that the account may not pass
/// through, if there is one. Always nothing without stepping down.
[[nodiscard]] std::optional<std::filesystem::path>
find_closed_folder(const std::filesystem::path& path,
                   const cluster_account& account);

/// While it lives, this thread reaches files with the account's rights alone.
/// What the account may change is never touched with root's: a link or a folder
/// that it puts in the way opens nothing that it could not open itself. Without
/// stepping down it does nothing. Programs may be started meanwhile.
class file_access {
public:
  explicit file_access(const cluster_account& account);
  file_access(const file_access&) = delete;
  file_access& operator=(const file_access&) = delete;
  ~file_access();

private:
  void restore() const noexcept;

  bool changed_ = false;
  uid_t uid_ = 0; ///< before
  gid_t gid_ = 0;
};

/// Closes what it holds.
struct descriptor {
  int value = -1;
  descriptor() = default;
  explicit descriptor(int fd) : value(fd) {}
  descriptor(descriptor&& other) noexcept : value(other.release()) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() { close_now(); }
  void close_now() noexcept;
  [[nodiscard]] int release() noexcept {
    const int fd = value;
    value = -1;
    return fd;
  }
};

/// Opens a regular file and nothing else: no link, no pipe, no device. Throws.
[[nodiscard]] descriptor open_file(const std::filesystem::path& file,
                                   int flags);

/// The last `bytes` of a regular file, from the beginning of a line; empty if
/// it cannot be read.
[[nodiscard]] std::string read_tail(const std::filesystem::path& file,
                                    std::size_t bytes);

} // namespace telltale
