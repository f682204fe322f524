#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/persistence/embedded/cluster_account.hpp"

namespace telltale {

/// One installation of PostgreSQL's server programs.
struct postgres_programs {
  std::filesystem::path folder; ///< holds `postgres` and `initdb`
  std::uint32_t major = 0;      ///< 15 of 15.4

  bool operator==(const postgres_programs&) const = default;
};

/// The oldest version that serves.
inline constexpr std::uint32_t oldest_postgres = 13;

/// Reads the answer of `postgres --version`.
[[nodiscard]] std::optional<std::uint32_t>
parse_postgres_version(std::string_view text);

/// Everything installed: on PATH in its order, then in the places of
/// distributions, newest first. Runs each `postgres --version` as the account,
/// which writes to `scratch`.
[[nodiscard]] std::vector<postgres_programs>
list_postgres_programs(const std::filesystem::path& scratch,
                       const cluster_account& account);

/// The ones to use: those of the version that made the cluster, if there is a
/// cluster; else the first that are new enough. Throws
/// `embedded_postgres_error` that says what to install.
[[nodiscard]] postgres_programs
choose_postgres(const std::vector<postgres_programs>& found,
                std::optional<std::uint32_t> cluster_major);

} // namespace telltale
