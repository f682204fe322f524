#pragma once

#include <filesystem>

#include "actors/persistence/embedded/cluster_process.hpp"

// The places of an embedded cluster. All throw `embedded_postgres_error`.

namespace telltale {

/// Makes the data folder, private to the account, and checks that the account
/// gets there. Its absolute path.
[[nodiscard]] std::filesystem::path
make_data_folder(const std::filesystem::path& asked,
                 const cluster_account& account);

/// A lock file's descriptor, which keeps every other owner out. The kernel lets
/// go of it when we end, however we end.
[[nodiscard]] int lock_data_folder(const std::filesystem::path& folder);

/// Where the socket lies: in the data folder if its path is short enough for
/// the system, else in a folder under /run or /tmp that is named after it. The
/// same each time, so that connection strings outlive a restart.
[[nodiscard]] std::filesystem::path
make_socket_folder(const std::filesystem::path& folder,
                   const cluster_account& account);

} // namespace telltale
