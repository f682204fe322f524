// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.embedded_access

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <pqxx/pqxx>
#include <sys/stat.h>
#include <unistd.h>

#include "actors/persistence/embedded/cluster_roles.hpp"
#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
namespace fs = std::filesystem;

namespace {

struct fixture {
  temporary_folder folder;
  fs::path data = folder.path() / "data";
  fs::path victim = folder.path() / "victim"; ///< of this test's own user

  fixture() {
    fs::create_directory(victim);
    std::ofstream{victim / "kept"} << "as it was\n";
    ::chmod(victim.c_str(), 0711);
  }

  embedded_postgres_options options() const {
    embedded_postgres_options result;
    result.data_dir = data;
    result.durable = false;
    return result;
  }

  /// Why it does not start; empty if it does.
  std::string refusal() const {
    try {
      auto cluster = embedded_postgres::start(options());
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  bool victim_is_untouched() const {
    struct stat info {};
    std::ifstream in{victim / "kept"};
    std::string line;
    return ::stat(victim.c_str(), &info) == 0 && info.st_uid == ::geteuid()
           && (info.st_mode & 07777) == 0711 && std::getline(in, line)
           && line == "as it was" && !std::getline(in, line);
  }

  /// What stands in its place is the victim from now on.
  void lead_astray(const fs::path& place, const fs::path& to) const {
    fs::remove_all(place);
    fs::create_symlink(to, place);
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string ask(const std::string& url, const std::string& sql) {
  pqxx::connection connection{url};
  pqxx::nontransaction work{connection};
  return work.exec1(sql)[0].c_str();
}

/// Why the server refuses a statement, or the connection; empty if it does not.
std::string why_not(const std::string& url, const std::string& sql) {
  try {
    pqxx::connection connection{url};
    pqxx::work{connection}.exec(sql);
    return {};
  } catch (const pqxx::failure& error) {
    return error.what();
  }
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(embedded_access_tests, fixture)

CAF_TEST(a link in the place of the data folder is refused) {
  fs::create_directory(folder.path() / "elsewhere");
  fs::create_symlink(victim, data);
  CAF_CHECK(contains(refusal(), "is a link"));
  CAF_CHECK(victim_is_untouched());
  CAF_MESSAGE("links on the way to it are followed");
  fs::remove(data);
  fs::create_symlink("elsewhere", folder.path() / "way");
  data = folder.path() / "way" / "data";
  CAF_CHECK_EQUAL(refusal(), "");
  CAF_CHECK(fs::exists(folder.path() / "elsewhere" / "data" / "cluster"));
}

CAF_TEST(a folder with files of another user is not given away) {
  if (::geteuid() != 0) { // has nothing to give
    CAF_CHECK_EQUAL(refusal(), "");
    return;
  }
  fs::rename(victim, data);
  victim = data;
  CAF_CHECK(contains(refusal(), "and holds files"));
  CAF_CHECK(victim_is_untouched());
}

CAF_TEST(
    a link that the user of the database puts into its folder opens nothing) {
  CAF_REQUIRE_EQUAL(refusal(), "");
  for (const auto* name : {"run", "cluster"}) {
    CAF_MESSAGE(name);
    const auto away = folder.path() / "away";
    fs::rename(data / name, away);
    lead_astray(data / name, victim);
    CAF_CHECK(contains(refusal(), "is a link"));
    CAF_CHECK(victim_is_untouched());
    fs::remove(data / name);
    fs::rename(away, data / name);
  }
  for (const auto* name :
       {"owner.lock", "postgres.log", "pg_hba.conf", "pg_ident.conf"}) {
    CAF_MESSAGE(name);
    lead_astray(data / name, victim / "kept");
    CAF_CHECK(!refusal().empty());
    CAF_CHECK(victim_is_untouched());
    fs::remove(data / name);
    std::ofstream{data / name}.close();
    if (::geteuid() == 0) {
      struct stat info {};
      CAF_REQUIRE_EQUAL(::stat(data.c_str(), &info), 0);
      CAF_REQUIRE_EQUAL(
          ::chown((data / name).c_str(), info.st_uid, info.st_gid), 0);
    }
  }
  for (const auto* name : {"version.log", "initdb.log", "cluster.new"}) {
    CAF_MESSAGE(name);
    lead_astray(data / name, victim / "kept");
    static_cast<void>(refusal());
    CAF_CHECK(victim_is_untouched());
  }
  CAF_CHECK_EQUAL(refusal(), "");
}

CAF_TEST(the role of the service owns its schema and may do nothing else) {
  std::optional<embedded_postgres> cluster{embedded_postgres::start(options())};
  const auto url = cluster->url();
  migrate(url);
  CAF_CHECK_EQUAL(ask(url, "SELECT current_user || ' ' || (SELECT rolsuper OR"
                           " rolcreaterole OR rolcreatedb OR rolreplication OR"
                           " rolbypassrls FROM pg_roles"
                           " WHERE rolname = current_user)"),
                  "telltale false");
  CAF_CHECK_EQUAL(ask(url, "SHOW search_path"), "telltale, public");
  CAF_CHECK_EQUAL(ask(url, "SELECT string_agg(nspname, ',') FROM pg_namespace"
                           " WHERE nspowner = (SELECT oid FROM pg_roles WHERE"
                           " rolname = 'telltale')"),
                  "telltale");
  CAF_CHECK_EQUAL(ask(url, "SELECT count(*) FROM pg_extension"
                           " WHERE extname = 'pg_trgm'"),
                  ask(url, "SELECT count(*) FROM pg_available_extensions"
                           " WHERE name = 'pg_trgm'"));
  for (const auto* sql :
       {"COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE TABLE public.mine (x int)", "CREATE SCHEMA mine",
        "CREATE ROLE mine", "CREATE DATABASE mine",
        "ALTER SYSTEM SET fsync = off", "SET ROLE postgres",
        "ALTER ROLE telltale SUPERUSER"}) {
    CAF_MESSAGE(sql);
    const auto refused = why_not(url, sql);
    CAF_CHECK(contains(refused, "permission denied")
              || contains(refused, "must be ") || contains(refused, "cannot"));
  }
  CAF_MESSAGE("what somebody granted it is taken back at the next start");
  CAF_CHECK_EQUAL(why_not(cluster->setup_url("postgres"), "SELECT 1"), "");
  {
    pqxx::connection link{cluster->setup_url("postgres")};
    pqxx::nontransaction{link}.exec("ALTER ROLE telltale SUPERUSER");
  }
  cluster.reset();
  auto again = embedded_postgres::start(options());
  CAF_CHECK(contains(why_not(again.url(), "COPY (SELECT 1) TO PROGRAM 'true'"),
                     "superuser"));
}

CAF_TEST(a cluster lets in whom the kernel names and nobody else) {
  auto cluster = embedded_postgres::start(options());
  const auto setup = cluster.setup_url("postgres");
  CAF_CHECK_EQUAL(ask(setup, "SELECT string_agg(DISTINCT auth_method, ',')"
                             " FROM pg_hba_file_rules"),
                  "peer");
  {
    pqxx::connection link{setup};
    pqxx::nontransaction{link}.exec("CREATE ROLE stranger LOGIN SUPERUSER");
  }
  auto other = cluster.url();
  other.replace(other.find("//") + 2, other.find('@') - other.find("//") - 2,
                "stranger");
  CAF_CHECK(contains(why_not(other, "SELECT 1"), "eer authentication failed"));
}

CAF_TEST(the map of users names the account and root and the service) {
  const auto map = [](const std::string& account, const std::string& service) {
    cluster_account who;
    who.name = account;
    const auto text = user_map_file(who, service);
    return text.substr(text.find('\n') + 1);
  };
  CAF_CHECK_EQUAL(map("postgres", "root"), "telltale \"postgres\" postgres\n"
                                           "telltale \"postgres\" telltale\n"
                                           "telltale \"root\" postgres\n"
                                           "telltale \"root\" telltale\n");
  CAF_CHECK(contains(map("postgres", "svc"), "telltale \"svc\" telltale\n"));
  CAF_CHECK(!contains(map("postgres", "svc"), "\"svc\" postgres"));
}

CAF_TEST(a cluster of a build whose role could do everything is refused) {
  CAF_REQUIRE_EQUAL(refusal(), "");
  fs::remove(data / "pg_hba.conf");
  CAF_CHECK(contains(refusal(), "older, unreleased build"));
}

CAF_TEST_FIXTURE_SCOPE_END()
