#pragma once

#include <chrono>
#include <string>

#include <pqxx/pqxx>

namespace telltale {

/// The connection string with limits on how long a dead network is believed.
[[nodiscard]] std::string with_limits(const std::string& url);

/// How long a statement and an idle transaction may take; 0: for ever.
struct session_limits {
  std::chrono::milliseconds statement{};
  std::chrono::milliseconds idle_in_transaction{};
};

/// What a process that is stopped in the middle may hold its locks for.
inline constexpr std::chrono::milliseconds idle_limit{5'000};

/// The first words on every connection: all that Telltale relies on, whatever
/// server, database, role or pooler have set. The tables are in a schema of
/// their own, so that a database may be shared.
void greet(pqxx::connection& link, session_limits limits);

} // namespace telltale
