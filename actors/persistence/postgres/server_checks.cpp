#include "actors/persistence/postgres/server_checks.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "actors/persistence/postgres/pg_greeting.hpp"

namespace telltale {

namespace {

/// How many clients look for one server connection: a pooler that takes turns
/// has more than one to hand out.
constexpr int clients_asked = 3;

std::string backend_of(pqxx::connection& link) {
  pqxx::nontransaction work{link};
  return work.exec1("SELECT pg_backend_pid()")[0].c_str();
}

std::string explain(const pqxx::broken_connection& error) {
  std::string why = error.what();
  why.erase(why.find_last_not_of(" \n") + 1);
  return why;
}

} // namespace

void refuse_other_encodings(pqxx::connection& link) {
  pqxx::nontransaction work{link};
  const auto row = work.exec1("SELECT current_setting('server_encoding'),"
                              " current_database()");
  const std::string encoding = row[0].c_str();
  if (encoding == "UTF8")
    return;
  throw migration_error{
      "the database " + std::string{row[1].c_str()} + " keeps texts in "
      + encoding
      + ", which not every text can go through; make another in UTF8 (CREATE "
        "DATABASE telltale ENCODING 'UTF8' TEMPLATE template0) and name it in "
        "database.url"};
}

void refuse_shared_sessions(const std::string& url) try {
  std::vector<std::unique_ptr<pqxx::connection>> clients;
  std::vector<std::string> seen;
  for (int i = 0; i < clients_asked; ++i) {
    clients.push_back(std::make_unique<pqxx::connection>(with_limits(url)));
    auto backend = backend_of(*clients.back());
    if (std::ranges::find(seen, backend) != seen.end())
      throw migration_error{
          "database.url leads to a pooler that gives one server connection to "
          "several clients in turn (PgBouncer's pool_mode transaction or "
          "statement); Telltale keeps settings, prepared statements, LISTEN "
          "and locks on its connections. Use pool_mode = session for its "
          "database, or name the server itself in database.url"};
    seen.push_back(std::move(backend));
  }
} catch (const pqxx::broken_connection& error) {
  throw database_unreachable{"the database cannot be reached: "
                             + explain(error)};
}

connection_room read_connection_room(const std::string& url) try {
  pqxx::connection link{with_limits(url)};
  greet(link, {});
  pqxx::nontransaction work{link};
  const auto row = work.exec1(
      "WITH limits AS (SELECT current_setting('max_connections')::int"
      "  - current_setting('superuser_reserved_connections')::int"
      "  - coalesce(current_setting('reserved_connections', true)::int, 0)"
      "    AS total)"
      " SELECT total, least(total,"
      "   (SELECT nullif(datconnlimit, -1) FROM pg_database"
      "    WHERE datname = current_database()),"
      "   (SELECT nullif(rolconnlimit, -1) FROM pg_roles"
      "    WHERE rolname = session_user)),"
      // Of `pg_stat_activity` a plain role sees its own sessions alone.
      "   (SELECT greatest(sum(numbackends) - 1, 0) FROM pg_stat_database)"
      " FROM limits");
  return {row[1].as<std::size_t>(), row[2].as<std::size_t>(),
          row[0].as<std::size_t>()};
} catch (const pqxx::broken_connection& error) {
  throw database_unreachable{"the database cannot be reached: "
                             + explain(error)};
} catch (const pqxx::failure& error) {
  throw migration_error{std::string{"the database's limits cannot be read: "}
                        + error.what()};
}

} // namespace telltale
