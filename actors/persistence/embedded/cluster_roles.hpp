#pragma once

#include <string>
#include <string_view>

#include "actors/persistence/embedded/cluster_account.hpp"

// Who may do what in an embedded cluster. `postgres` is its superuser and sets
// it up; the service works as `telltale`, which owns the schema `telltale` in
// the database `telltale` and nothing else.

namespace telltale {

/// The superuser's name in the cluster, whatever account runs it.
inline constexpr std::string_view setup_role = "postgres";

/// The rules of `pg_hba.conf`: by the socket alone, and whom the kernel says it
/// is.
[[nodiscard]] std::string access_rules_file();

/// `pg_ident.conf`: the account and root may be either role, the service's own
/// user is `telltale`.
[[nodiscard]] std::string user_map_file(const cluster_account& account,
                                        std::string_view service_user);

/// The name of this process's user.
[[nodiscard]] std::string name_of_this_user();

/// Makes what is missing of role, database, schema and extension, and takes
/// away what the role must not have. `maintenance` and `service` are connection
/// strings of the setup role for the databases `postgres` and `telltale`.
/// Throws as libpqxx does.
void set_up_roles(const std::string& maintenance, const std::string& service);

} // namespace telltale
