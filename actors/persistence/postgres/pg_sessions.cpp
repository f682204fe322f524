#include "actors/persistence/postgres/pg_sessions.hpp"

#include <string>
#include <utility>

#include "actors/persistence/persistence.hpp"

namespace telltale {

namespace {

/// Still good, by the two spans that a session may last.
std::string is_good() {
  const auto since = [](const char* column, std::chrono::hours span) {
    return std::string{column} + " > now() - interval '"
           + std::to_string(span.count()) + " hours'";
  };
  return "(" + since("created_at", pg_sessions::longest) + " AND "
         + since("seen_at", pg_sessions::longest_idle) + ")";
}

/// PostgreSQL has no unsigned numbers.
std::int64_t as_stored(std::uint64_t token) {
  return static_cast<std::int64_t>(token);
}

} // namespace

pg_sessions::pg_sessions(pg_options options) : db_(std::move(options)) {}

caf::expected<session_begun> pg_sessions::begin(const begin_session& what) {
  return db_.run([&](pqxx::connection& link) {
    pqxx::work work{link};
    work.exec0("DELETE FROM page_sessions WHERE NOT " + is_good());
    // Repeated after an answer that was lost: the same session.
    work.exec_params0("INSERT INTO page_sessions (hash, token) VALUES ($1, $2)"
                      " ON CONFLICT (hash) DO NOTHING",
                      what.hash, as_stored(what.token));
    work.commit();
    return session_begun{};
  });
}

caf::expected<session_found> pg_sessions::find(const find_session& what) {
  return db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction writing{link};
    session_found found;
    const auto rows = writing.exec_params(
        "UPDATE page_sessions SET seen_at = now() WHERE hash = $1 AND "
            + is_good() + " RETURNING token",
        what.hash);
    if (!rows.empty())
      found.token = static_cast<std::uint64_t>(rows[0][0].as<std::int64_t>());
    return found;
  });
}

caf::expected<session_ended> pg_sessions::end(const end_session& what) {
  return db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction writing{link};
    writing.exec_params("DELETE FROM page_sessions WHERE hash = $1", what.hash);
    return session_ended{};
  });
}

std::unique_ptr<session_list> make_pg_sessions(pg_options options) {
  return std::make_unique<pg_sessions>(std::move(options));
}

} // namespace telltale
