// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.embedded_postgres

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <pqxx/pqxx>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/persistence/embedded/cluster_process.hpp"
#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "actors/persistence/embedded/interrupted.hpp"
#include "actors/persistence/embedded/postgres_programs.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

/// Within ten seconds.
template <class F> bool comes_true(F claim) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!claim()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return true;
}

struct fixture {
  temporary_folder folder;

  embedded_postgres_options options() const {
    embedded_postgres_options result;
    result.data_dir = folder.path() / "data";
    return result;
  }
};

std::string ask(const std::string& url, const std::string& sql) {
  pqxx::connection connection{url};
  pqxx::work work{connection};
  const auto row = work.exec1(sql);
  work.commit();
  return row[0].c_str();
}

void execute(const std::string& url, const std::string& sql) {
  pqxx::connection connection{url};
  pqxx::work work{connection};
  work.exec(sql);
  work.commit();
}

/// The refusal's words; empty if it started.
std::string why_refused(const embedded_postgres_options& options) {
  try {
    auto unexpected = embedded_postgres::start(options);
    return {};
  } catch (const embedded_postgres_error& error) {
    return error.what();
  }
}

std::string why_not_migrated(const std::string& url) {
  try {
    migrate(url);
    return {};
  } catch (const migration_error& error) {
    return error.what();
  }
}

std::string why_none_chosen(const std::vector<postgres_programs>& found,
                            std::optional<std::uint32_t> cluster_major) {
  try {
    return choose_postgres(found, cluster_major).folder;
  } catch (const embedded_postgres_error& error) {
    return error.what();
  }
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(embedded_postgres_tests, fixture)

CAF_TEST(a killed cluster recovers and a second owner is refused) {
  std::string url;
  {
    auto first = embedded_postgres::start(options());
    url = first.url();
    CAF_CHECK_EQUAL(ask(url, "SELECT current_user || '@' || "
                             "current_database()"),
                    "telltale@telltale");
    CAF_CHECK_EQUAL(ask(url, "SHOW server_encoding"), "UTF8");
    CAF_CHECK_EQUAL(ask(url, "SHOW fsync"), "on");
    CAF_CHECK_EQUAL(ask(url, "SHOW listen_addresses"), "");
    execute(url, "CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)");
    CAF_MESSAGE("a second owner");
    const auto refusal = why_refused(options());
    CAF_CHECK(refusal.find("another telltale") != std::string::npos);
    CAF_CHECK(refusal.find(std::to_string(::getpid())) != std::string::npos);
    CAF_MESSAGE("kill -9 of the main process");
    CAF_REQUIRE_GREATER(first.process(), 0);
    ::kill(first.process(), SIGKILL);
    while (first.is_running())
      ::usleep(1000);
    CAF_CHECK_EQUAL(first.process(), 0);
  }
  {
    auto second = embedded_postgres::start(options());
    CAF_CHECK_EQUAL(ask(second.url(), "SELECT x FROM kept"), "7");
    const auto log = read_tail(second.log_file(), 100000);
    CAF_CHECK(log.find("was not properly shut down") != std::string::npos);
  }
  auto third = embedded_postgres::start(options());
  CAF_CHECK_EQUAL(ask(third.url(), "SELECT x FROM kept"), "7");
  third.stop();
  CAF_CHECK(!third.is_running());
  const auto log = read_tail(third.log_file(), 300);
  CAF_CHECK(log.find("database system is shut down") != std::string::npos);
}

CAF_TEST(a cluster whose owner was killed stops and is taken over) {
  // The owner is a process of its own, killed without a chance to clean up.
  const pid_t owner = ::fork();
  if (owner == 0) {
    try {
      auto given = options();
      given.durable = false;
      auto cluster = embedded_postgres::start(given);
      execute(cluster.url(), "CREATE TABLE kept (x int)");
      ::kill(::getpid(), SIGKILL);
    } catch (...) {
    }
    ::_exit(3);
  }
  int status = 0;
  CAF_REQUIRE_EQUAL(::waitpid(owner, &status, 0), owner);
  CAF_REQUIRE(WIFSIGNALED(status));
  auto heir = embedded_postgres::start(options());
  CAF_CHECK_EQUAL(ask(heir.url(), "SELECT count(*) FROM kept"), "0");
}

CAF_TEST(a data folder with a long path has its socket elsewhere) {
  auto given = options();
  given.data_dir = folder.path() / std::string(90, 'd') / "data";
  given.durable = false;
  auto cluster = embedded_postgres::start(given);
  CAF_CHECK_EQUAL(ask(cluster.url(), "SELECT 1"), "1");
  CAF_MESSAGE("migrations");
  const auto url = cluster.url();
  CAF_MESSAGE("another program's tables in public are no trouble");
  const auto setup = cluster.setup_url("telltale");
  execute(setup, "CREATE TABLE public.deliveries (id int)");
  CAF_CHECK(!migration_status(url).front().applied_at);
  const auto first = migrate(url);
  CAF_CHECK_EQUAL(first.before, 0u);
  CAF_CHECK_EQUAL(first.after, newest_migration());
  CAF_CHECK_EQUAL(first.applied.size(), migration_status(url).size());
  CAF_CHECK(migrate(url).applied.empty());
  CAF_CHECK(migration_status(url).front().applied_at.has_value());
  const auto key = load_or_make_tag_key(url);
  CAF_CHECK_EQUAL(key.size(), 64u);
  CAF_CHECK_EQUAL(load_or_make_tag_key(url), key);
  CAF_MESSAGE("a changed step");
  execute(url, "UPDATE telltale.schema_migrations SET checksum = 'other'");
  CAF_CHECK(migration_status(url).front().changed);
  CAF_CHECK(why_not_migrated(url).find("was changed") != std::string::npos);
  CAF_MESSAGE("what an older build left is not taken over");
  execute(setup, "CREATE TABLE public.schema_migrations (version int)");
  CAF_CHECK(why_not_migrated(url).find("give it another database")
            != std::string::npos);
  execute(setup, "DROP TABLE public.schema_migrations");
  CAF_MESSAGE("a newer database");
  execute(url, "DELETE FROM telltale.schema_migrations; INSERT INTO "
               "telltale.schema_migrations "
               "VALUES (9999, 'future', 'x')");
  CAF_CHECK(why_not_migrated(url).find("newer than this program")
            != std::string::npos);
}

CAF_TEST(what is missing is named) {
  const postgres_programs fifteen{"/fifteen", 15};
  const postgres_programs twelve{"/twelve", 12};
  CAF_CHECK_EQUAL(parse_postgres_version("postgres (PostgreSQL) 15.4 (Debian)"),
                  std::optional<std::uint32_t>{15});
  CAF_CHECK(!parse_postgres_version("something else"));
  CAF_CHECK(choose_postgres({twelve, fifteen}, std::nullopt) == fifteen);
  CAF_CHECK(choose_postgres({fifteen, twelve}, 12u) == twelve);
  CAF_CHECK(why_none_chosen({twelve}, std::nullopt).find("apt-get install")
            != std::string::npos);
  CAF_CHECK(why_none_chosen({fifteen}, 14u).find("postgresql-14")
            != std::string::npos);
  if (::geteuid() == 0) {
    ::chmod(folder.path().c_str(), 0700);
    const auto refusal = why_refused(options());
    CAF_CHECK(refusal.find("chmod o+x " + folder.path().string())
              != std::string::npos);
  }
}

CAF_TEST(a cluster whose processes are stopped ends within its limit) {
  auto cluster = embedded_postgres::start(options());
  const auto place = folder.path() / "data" / "cluster";
  for (const auto id : find_processes_in(place))
    ::kill(id, SIGSTOP);
  CAF_CHECK(!cluster.stop(std::chrono::milliseconds{400}));
  // Killed processes need a moment to be gone. Stopped ones that lost their
  // parent would stay for ever.
  CAF_CHECK(comes_true([&] { return !cluster.is_running(); }));
  CAF_CHECK(comes_true([&] { return find_processes_in(place).empty(); }));
}

CAF_TEST(a cluster that hangs is killed by its owner alone) {
  auto cluster = embedded_postgres::start(options());
  const auto data = folder.path() / "data";
  CAF_CHECK_EQUAL(kill_embedded_postgres(folder.path()), 0u);
  {
    std::ofstream other{data / "owner.lock", std::ios::trunc};
    other << ::getpid() + 1 << '\n';
  }
  CAF_CHECK_EQUAL(kill_embedded_postgres(data), 0u);
  {
    std::ofstream ours{data / "owner.lock", std::ios::trunc};
    ours << ::getpid() << '\n';
  }
  CAF_CHECK(kill_embedded_postgres(data) > 0u);
}

CAF_TEST(the log of a cluster that runs is bounded and goes on) {
  auto cluster = embedded_postgres::start(options());
  CAF_CHECK(!cluster.bound_log());
  {
    std::ofstream more{cluster.log_file(), std::ios::app};
    more << std::string(9'000'000, 'x') << '\n';
  }
  CAF_CHECK(cluster.bound_log());
  CAF_CHECK(std::filesystem::file_size(cluster.log_file()) < 1'000'000u);
  CAF_CHECK(std::filesystem::file_size(cluster.log_file().string() + ".1")
            > 8'000'000u);
  // The server appends: what it says next stands at the file's beginning.
  try {
    ask(cluster.url(), "SELECT no_such_column");
  } catch (const pqxx::failure&) {
  }
  const auto text = read_tail(cluster.log_file(), 10'000);
  CAF_CHECK(text.find("no_such_column") != std::string::npos);
  CAF_CHECK(text.find('\0') == std::string::npos);
}

CAF_TEST(a start that is told to stop ends at once and leaves nothing) {
  static std::stop_source stop;
  auto given = options();
  given.stop = stop.get_token();
  given.progress = [](std::string_view) { stop.request_stop(); };
  bool ended = false;
  try {
    auto unexpected = embedded_postgres::start(given);
  } catch (const interrupted&) {
    ended = true;
  }
  CAF_CHECK(ended);
  CAF_CHECK(find_processes_in(folder.path() / "data").empty());
  CAF_CHECK(find_processes_in(folder.path() / "data" / "cluster").empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
