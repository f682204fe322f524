#pragma once

#include <cstddef>
#include <string>

#include <pqxx/pqxx>

#include "actors/persistence/postgres/migrate.hpp"

// What a database must be like before anything is made in it.

namespace telltale {

/// Throws `migration_error` if the server keeps texts in another encoding than
/// UTF8, which not every text can go through.
void refuse_other_encodings(pqxx::connection& link);

/// Throws `migration_error` if what stands between us and the server hands
/// server connections from client to client (PgBouncer's transaction mode):
/// settings, prepared statements, LISTEN and advisory locks would be anybody's.
void refuse_shared_sessions(const std::string& url);

/// How many connections the server lets our role have in our database.
struct connection_room {
  std::size_t allowed = 0; ///< by the smallest of all limits
  std::size_t others = 0;  ///< taken by others now, of the server's own limit
  std::size_t total = 0;   ///< the server's limit for all that are no superuser

  /// As many as can be had now.
  [[nodiscard]] std::size_t free() const noexcept {
    const auto left = total > others ? total - others : 0;
    return left < allowed ? left : allowed;
  }
};

/// Throws `migration_error` if the database does not answer.
[[nodiscard]] connection_room read_connection_room(const std::string& url);

} // namespace telltale
