#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "messages/time.hpp"

namespace telltale {

/// Why the schema was not brought up to date, in words for an operator.
class migration_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The database did not answer; it may be there later.
class database_unreachable : public migration_error {
public:
  using migration_error::migration_error;
};

/// One step of the schema, known to this program, applied to the database, or
/// both.
struct migration_row {
  std::uint32_t version = 0;
  std::string name;                    ///< the file's
  std::string checksum;                ///< SHA-256 of the file, hexadecimal
  bool known = false;                  ///< part of this program
  std::optional<timestamp> applied_at; ///< nothing: not applied yet
  bool changed = false; ///< applied from a file that read differently

  bool operator==(const migration_row&) const = default;
};

struct migration_report {
  std::uint32_t before = 0; ///< version found; 0: an empty database
  std::uint32_t after = 0;
  std::vector<std::string> applied; ///< names, in order
};

/// The newest schema that this program knows.
[[nodiscard]] std::uint32_t newest_migration();

/// Applies what is missing, each step in a transaction of its own, all under
/// one advisory lock, so that replicas that start together take turns. Throws
/// `migration_error` if the database is newer than this program, if a step was
/// changed after it had been applied, `database_unreachable` if the database
/// does not answer, `interrupted` if told to stop while it waits for its turn.
migration_report migrate(const std::string& url,
                         const std::stop_token& stop = {});

/// Everything known or applied, by version; changes nothing.
[[nodiscard]] std::vector<migration_row>
migration_status(const std::string& url);

/// The key of placeholders' tags: 32 random bytes in hexadecimal, made by the
/// first who asks and the same ever after for all replicas. Needs a migrated
/// database; throws `migration_error`.
[[nodiscard]] std::string load_or_make_tag_key(const std::string& url);

} // namespace telltale
