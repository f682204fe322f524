#include "actors/persistence/postgres/libpq_environment.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

namespace telltale {

namespace {

/// What a connection string says, or a connection's greeting.
constexpr std::array<std::string_view, 15> leads_elsewhere{
    "PGHOST",      "PGHOSTADDR",       "PGPORT",        "PGDATABASE",
    "PGUSER",      "PGSERVICE",        "PGSERVICEFILE", "PGSYSCONFDIR",
    "PGOPTIONS",   "PGAPPNAME",        "PGREQUIREPEER", "PGTARGETSESSIONATTRS",
    "PGDATESTYLE", "PGCLIENTENCODING", "PGTZ"};

} // namespace

bool is_ignored(std::string_view variable, database_home home) noexcept {
  if (home == database_home::of_the_config)
    return std::ranges::find(leads_elsewhere, variable)
           != leads_elsewhere.end();
  return variable.starts_with("PG");
}

void forget_libpq_environment(database_home home) {
  std::vector<std::string> names;
  for (auto* const* entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto name = text.substr(0, text.find('='));
    if (is_ignored(name, home))
      names.emplace_back(name);
  }
  for (const auto& name : names)
    ::unsetenv(name.c_str());
}

} // namespace telltale
