#include "actors/persistence/postgres/pg_greeting.hpp"

#include <array>
#include <string_view>

namespace telltale {

namespace {

/// Each of them may be set for a role or a database, and has been.
constexpr std::array settings{
    "datestyle = 'ISO, MDY'",
    "intervalstyle = 'postgres'",
    "timezone = 'UTC'",
    "client_encoding = 'UTF8'",
    "standard_conforming_strings = on",
    "array_nulls = on",
    "bytea_output = 'hex'",
    "extra_float_digits = 1",
    "client_min_messages = warning",
    "search_path = telltale, public",
    "lock_timeout = 0",
    "default_transaction_isolation = 'read committed'",
    "default_transaction_read_only = off",
    "default_transaction_deferrable = off",
};

} // namespace

std::string with_limits(const std::string& url) {
  const bool uri =
      url.starts_with("postgres://") || url.starts_with("postgresql://");
  std::string result = url;
  bool has_query = uri && url.find('?') != std::string::npos;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (url.find(key) != std::string::npos)
      return;
    result += !uri ? ' ' : has_query ? '&' : '?';
    has_query = true;
    result.append(key).append("=").append(value);
  };
  add("connect_timeout", "3");
  add("tcp_user_timeout", "10000");
  add("application_name", "telltale");
  return result;
}

void greet(pqxx::connection& link, session_limits limits) {
  std::string words;
  for (const std::string_view setting : settings)
    words.append("SET ").append(setting).append(";");
  words += "SET statement_timeout = " + std::to_string(limits.statement.count())
           + ";SET idle_in_transaction_session_timeout = "
           + std::to_string(limits.idle_in_transaction.count()) + ";";
  // What was answered with success is on the disk: more than `on` may stay.
  words += "SELECT set_config('synchronous_commit', 'on', false)"
           " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
           " AND current_setting('fsync') = 'on'";
  pqxx::nontransaction session{link};
  session.exec(words);
}

} // namespace telltale
