#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "actors/persistence/embedded/cluster_account.hpp"
#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "actors/persistence/embedded/postgres_programs.hpp"

// The data of an embedded cluster: made, recognized, freed of an earlier run.
// All that the account could have changed is reached with its rights alone. All
// throw `embedded_postgres_error`, and `interrupted` where they wait.

namespace telltale {

/// The number at the beginning of a text; nothing if there is none or it is 0.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view text);

/// The version that made the cluster, if there is one.
[[nodiscard]] std::optional<std::uint32_t>
read_cluster_major(const std::filesystem::path& cluster,
                   const cluster_account& account);

/// Until the service had a role of its own, the cluster's superuser was the
/// service: such a cluster is not taken over.
void refuse_older_cluster(const std::filesystem::path& folder,
                          const cluster_account& account);

/// Writes who may connect, and as which role.
void write_access_files(const std::filesystem::path& folder,
                        const cluster_account& account);

/// Stops what an owner who was killed left running. Our lock says that no
/// living owner needs it.
void stop_orphans(const std::filesystem::path& cluster,
                  const cluster_account& account,
                  const embedded_postgres_options& options);

/// Makes the cluster beside its place and moves it there, so that one that was
/// interrupted is never taken for a whole one.
void make_cluster(const std::filesystem::path& folder,
                  const postgres_programs& programs,
                  const cluster_account& account,
                  const embedded_postgres_options& options);

} // namespace telltale
