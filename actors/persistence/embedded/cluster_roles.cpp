#include "actors/persistence/embedded/cluster_roles.hpp"

#include <pqxx/pqxx>
#include <pwd.h>
#include <unistd.h>

#include "actors/persistence/postgres/pg_greeting.hpp"

namespace telltale {

namespace {

constexpr std::string_view map_name = "telltale";

std::string quoted(std::string_view word) {
  std::string result{"\""};
  for (const char c : word)
    result.append(c == '"' ? 2 : 1, c);
  return result + "\"";
}

bool has_none(pqxx::transaction_base& work, const std::string& question) {
  return work.exec(question).empty();
}

} // namespace

std::string access_rules_file() {
  return "# Written at every start; changes are lost.\n"
         "local all all peer map="
         + std::string{map_name} + "\n";
}

std::string user_map_file(const cluster_account& account,
                          std::string_view service_user) {
  std::string result = "# Written at every start; changes are lost.\n";
  const auto allow = [&](std::string_view user, std::string_view role) {
    result.append(map_name).append(" ").append(quoted(user)).append(" ");
    result.append(role).append("\n");
  };
  allow(account.name, setup_role);
  allow(account.name, "telltale");
  if (account.name != "root") {
    allow("root", setup_role);
    allow("root", "telltale");
  }
  if (service_user != account.name && service_user != "root")
    allow(service_user, "telltale");
  return result;
}

std::string name_of_this_user() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

void set_up_roles(const std::string& maintenance, const std::string& service) {
  {
    pqxx::connection link{with_limits(maintenance)};
    greet(link, {});
    pqxx::nontransaction work{link};
    if (has_none(work, "SELECT FROM pg_roles WHERE rolname = 'telltale'"))
      work.exec("CREATE ROLE telltale LOGIN");
    work.exec("ALTER ROLE telltale LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
              " NOREPLICATION NOBYPASSRLS");
    work.exec("ALTER ROLE telltale SET search_path = telltale, public");
    if (has_none(work, "SELECT FROM pg_database WHERE datname = 'telltale'"))
      work.exec("CREATE DATABASE telltale");
    work.exec("ALTER DATABASE telltale SET search_path = telltale, public");
    work.exec("REVOKE ALL ON DATABASE telltale FROM PUBLIC");
    // Temporary tables: by one the service tries whether the disk has room.
    work.exec("GRANT CONNECT, TEMPORARY ON DATABASE telltale TO telltale");
  }
  pqxx::connection link{with_limits(service)};
  greet(link, {});
  pqxx::nontransaction work{link};
  work.exec("CREATE SCHEMA IF NOT EXISTS telltale AUTHORIZATION telltale");
  work.exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  // For searches; without it, if the package is not there, they read the rows.
  if (!has_none(work, "SELECT FROM pg_available_extensions"
                      " WHERE name = 'pg_trgm'"))
    work.exec("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public");
}

} // namespace telltale
