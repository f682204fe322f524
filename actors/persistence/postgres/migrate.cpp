#include "actors/persistence/postgres/migrate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pqxx/pqxx>

#include "actors/persistence/embedded/interrupted.hpp"
#include "actors/persistence/postgres/pg_greeting.hpp"
#include "actors/persistence/postgres/server_checks.hpp"
#include "embedded/migrations.hpp"
#include "text/hex.hpp"

namespace telltale {

namespace {

/// Any number that nobody else takes an advisory lock on.
constexpr std::string_view lock_key = "7310869419212961121";

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  return text::to_hex({reinterpret_cast<const char*>(bytes), size});
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(),
                 nullptr)
      != 1)
    throw migration_error{"OpenSSL cannot compute SHA-256"};
  return to_hex(bytes.data(), size);
}

/// A step of the schema as compiled in.
struct step {
  std::uint32_t version = 0;
  std::string name;
  std::string checksum;
  std::string_view sql;
};

/// By version; `0002_more.sql` is version 2.
std::vector<step> known_steps() {
  std::vector<step> result;
  for (const auto& file : embedded_migrations()) {
    step one;
    const auto* begin = file.name.data();
    std::from_chars(begin, begin + file.name.size(), one.version);
    one.name = file.name.substr(0, file.name.rfind(".sql"));
    one.checksum = sha256(file.content);
    one.sql = file.content;
    result.push_back(std::move(one));
  }
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.version < b.version; });
  return result;
}

std::map<std::uint32_t, migration_row> merge_known() {
  std::map<std::uint32_t, migration_row> result;
  for (auto& one : known_steps()) {
    auto& row = result[one.version];
    row.version = one.version;
    row.name = one.name;
    row.checksum = one.checksum;
    row.known = true;
  }
  return result;
}

/// Known and applied steps side by side.
std::map<std::uint32_t, migration_row>
compare_with(pqxx::transaction_base& work) {
  auto result = merge_known();
  if (work.exec1("SELECT to_regclass('telltale.schema_migrations') IS NULL")[0]
          .as<bool>())
    return result;
  for (const auto& found :
       work.exec("SELECT version, name, checksum, applied_at "
                 "FROM schema_migrations ORDER BY version")) {
    const auto version = found[0].as<std::uint32_t>();
    auto& row = result[version];
    const auto checksum = found[2].as<std::string>();
    row.changed = row.known && row.checksum != checksum;
    if (!row.known) {
      row.version = version;
      row.name = found[1].as<std::string>();
      row.checksum = checksum;
    }
    row.applied_at = parse_rfc3339(found[3].c_str());
  }
  return result;
}

void refuse_strangers(const std::map<std::uint32_t, migration_row>& rows) {
  for (const auto& [version, row] : rows) {
    if (!row.known)
      throw migration_error{
          "the database is newer than this program: it has schema "
          + std::to_string(version) + " (" + row.name
          + "), this program knows up to " + std::to_string(newest_migration())
          + "; run a newer telltale"};
    if (row.changed)
      throw migration_error{"schema step " + row.name
                            + " was changed after it had been applied to this "
                              "database; restore the program that fits it"};
  }
}

void apply_step(pqxx::connection& connection, const step& one) {
  try {
    pqxx::work work{connection};
    work.exec(std::string{one.sql});
    work.exec_params0("INSERT INTO schema_migrations (version, name, checksum) "
                      "VALUES ($1, $2, $3)",
                      one.version, one.name, one.checksum);
    work.commit();
  } catch (const pqxx::failure& error) {
    throw migration_error{"schema step " + one.name
                          + " failed and was undone: " + error.what()};
  }
}

/// Before there was a schema of its own, tables went to `public`.
void refuse_older_build(pqxx::transaction_base& work) {
  if (!work.exec1("SELECT to_regclass('public.schema_migrations') IS NULL"
                  " OR to_regclass('public.deliveries') IS NULL")[0]
           .as<bool>())
    throw migration_error{
        "the database holds tables of an older, unreleased build in its schema "
        "'public', which this program does not take over; give it another "
        "database, or drop those tables first (DROP SCHEMA public CASCADE; "
        "CREATE SCHEMA public, if nothing else is in there)"};
}

void make_schema(pqxx::transaction_base& work) {
  // Not IF NOT EXISTS alone: its notice would reach our terminal, and it needs
  // a right that the role may lack.
  if (work.exec1("SELECT to_regnamespace('telltale') IS NULL")[0].as<bool>())
    work.exec0("CREATE SCHEMA telltale");
}

/// A copy of the tables without their sequence, as some tools make, must not
/// give a position twice.
void catch_up_positions(pqxx::connection& connection) {
  pqxx::nontransaction work{connection};
  work.exec("SELECT setval('event_position', e.newest)"
            " FROM event_position s, (SELECT max(position) AS newest"
            "   FROM events) e WHERE e.newest > s.last_value");
}

migration_report bring_up_to_date(pqxx::connection& connection) {
  migration_report report;
  std::map<std::uint32_t, migration_row> rows;
  {
    pqxx::work work{connection};
    refuse_older_build(work);
    make_schema(work);
    if (work.exec1(
                "SELECT to_regclass('telltale.schema_migrations') IS NULL")[0]
            .as<bool>())
      work.exec0("CREATE TABLE schema_migrations ("
                 "version integer PRIMARY KEY, name text NOT NULL, "
                 "checksum text NOT NULL, "
                 "applied_at timestamptz NOT NULL DEFAULT now())");
    rows = compare_with(work);
    work.commit();
  }
  refuse_strangers(rows);
  for (const auto& [version, row] : rows) {
    if (row.applied_at)
      report.before = version;
  }
  report.after = report.before;
  for (const auto& one : known_steps()) {
    if (rows[one.version].applied_at)
      continue;
    apply_step(connection, one);
    report.applied.push_back(one.name);
    report.after = std::max(report.after, one.version);
  }
  catch_up_positions(connection);
  return report;
}

} // namespace

std::uint32_t newest_migration() {
  const auto steps = known_steps();
  return steps.empty() ? 0 : steps.back().version;
}

migration_report migrate(const std::string& url, const std::stop_token& stop) {
  try {
    refuse_shared_sessions(url);
    pqxx::connection connection{with_limits(url)};
    greet(connection, {});
    refuse_other_encodings(connection);
    {
      pqxx::nontransaction work{connection};
      // Belongs to the session: let go of when the connection closes. Asked
      // for again and again, since a wait inside libpq could not be ended.
      while (!work.exec1("SELECT pg_try_advisory_lock(" + std::string{lock_key}
                         + ")")[0]
                  .as<bool>())
        pause_unless_stopped(stop, std::chrono::milliseconds{100});
    }
    return bring_up_to_date(connection);
  } catch (const pqxx::broken_connection& error) {
    std::string why = error.what();
    why.erase(why.find_last_not_of(" \n") + 1);
    throw database_unreachable{"the database cannot be reached: " + why};
  } catch (const pqxx::failure& error) {
    throw migration_error{std::string{"the database cannot be migrated: "}
                          + error.what()};
  }
}

std::vector<migration_row> migration_status(const std::string& url) {
  try {
    pqxx::connection connection{with_limits(url)};
    greet(connection, {});
    pqxx::work work{connection};
    std::vector<migration_row> result;
    for (auto& [version, row] : compare_with(work))
      result.push_back(row);
    return result;
  } catch (const pqxx::failure& error) {
    throw migration_error{std::string{"the database's schema cannot be read: "}
                          + error.what()};
  }
}

std::string load_or_make_tag_key(const std::string& url) {
  try {
    std::array<unsigned char, 32> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
      throw migration_error{"OpenSSL has no random bytes"};
    pqxx::connection connection{with_limits(url)};
    greet(connection, {});
    pqxx::work work{connection};
    work.exec_params0("INSERT INTO deployment (name, value) "
                      "VALUES ('tag_key', $1) ON CONFLICT (name) DO NOTHING",
                      to_hex(bytes.data(), bytes.size()));
    auto key =
        work.exec1("SELECT value FROM deployment WHERE name = 'tag_key'")[0]
            .as<std::string>();
    work.commit();
    return key;
  } catch (const pqxx::failure& error) {
    throw migration_error{std::string{"the deployment's key cannot be read: "}
                          + error.what()};
  }
}

} // namespace telltale
