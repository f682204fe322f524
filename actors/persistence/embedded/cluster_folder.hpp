#pragma once

#include <filesystem>
#include <optional>

#include <sys/types.h>

#include "actors/persistence/embedded/cluster_account.hpp"

// The places of an embedded cluster. All throw `embedded_postgres_error`.

namespace telltale {

/// Whose folder this is, if it is there.
[[nodiscard]] std::optional<uid_t>
find_owner(const std::filesystem::path& folder);

/// Makes the data folder, private to the account, and checks that the account
/// gets there. Its absolute path.
///
/// Links on the way to it are followed; the folder itself must be none. It is
/// given to the account by its descriptor, and only if there is nothing in it
/// yet: whatever else is somebody's stays theirs.
[[nodiscard]] std::filesystem::path
make_data_folder(const std::filesystem::path& asked,
                 const cluster_account& account);

/// A lock file's descriptor, which keeps every other owner out. The kernel lets
/// go of it when we end, however we end.
[[nodiscard]] descriptor lock_data_folder(const std::filesystem::path& folder,
                                          const cluster_account& account);

/// Where the socket lies: in the data folder if its path is short enough for
/// the system, else in a folder under /run or /tmp that is named after it. The
/// same each time, so that connection strings outlive a restart.
[[nodiscard]] std::filesystem::path
make_socket_folder(const std::filesystem::path& folder,
                   const cluster_account& account);

/// Removes a socket folder that lies outside the data folder.
void remove_socket_folder(const std::filesystem::path& socket_folder,
                          const cluster_account& account) noexcept;

} // namespace telltale
