#include "actors/system/serve.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/App.hpp>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "actors/persistence/postgres/libpq_environment.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "actors/system/database.hpp"
#include "actors/system/lifetime.hpp"
#include "actors/system/logging.hpp"
#include "actors/system/signals.hpp"
#include "config/load.hpp"

namespace telltale {

namespace {

/// Where the configuration comes from.
struct config_source {
  std::string file;
  std::vector<std::string> overrides;
};

void add_source(CLI::App& command, const std::shared_ptr<config_source>& from) {
  command.add_option("--config", from->file,
                     "TOML file (./telltale.toml if it is there)");
  command
      .add_option(
          "--set", from->overrides,
          "section.key=value, over file and environment; may be repeated")
      ->allow_extra_args(false);
}

config::load_request request_of(const config_source& from) {
  config::load_request what;
  if (!from.file.empty())
    what.file = from.file;
  what.environment = config::process_environment();
  what.overrides = from.overrides;
  return what;
}

void complain(const std::vector<config::problem>& problems) {
  for (const auto& each : problems)
    std::fprintf(stderr, "telltale: %s\n", to_string(each).c_str());
}

/// The settings to run with, or nothing, having said why.
std::optional<config::settings> usable(const config_source& from) {
  const auto read = config::load(request_of(from));
  const auto refused = config::refusals(read);
  complain(refused);
  if (!refused.empty()) {
    std::fprintf(stderr,
                 "telltale: the configuration cannot be used (%zu %s); "
                 "`telltale check-config` shows it all\n",
                 refused.size(), refused.size() == 1 ? "problem" : "problems");
    return std::nullopt;
  }
  return read.values;
}

/// Many runners and browsers, one descriptor each: as many as we are allowed.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    spdlog::warn("the limit of open files cannot be raised");
}

/// Before the first thread and the first file: what this process holds and
/// writes is nobody else's, not as a core dump either.
void shut_others_out(const config::settings& settings) {
  ::umask(077);
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none); // of the embedded database, too
  ::prctl(PR_SET_DUMPABLE, 0);
  forget_libpq_environment(settings.database.mode == "url"
                               ? database_home::of_the_config
                               : database_home::embedded);
}

int serve(const config_source& from) {
  auto settings = usable(from);
  if (!settings)
    return EX_CONFIG;
  shut_others_out(*settings);
  ending how;
  {
    const signal_gate signals; // before the first thread
    const logging_session log{settings->log};
    raise_descriptor_limit();
    lifetime life{std::move(*settings), request_of(from), signals};
    how = life.run();
    if (how.abrupt) {
      end_logging();
      // Threads that hang are left behind: nothing of theirs may go.
      _exit(how.code);
    }
  }
  return how.code;
}

void print_migrations(const std::string& url) {
  for (const auto& row : migration_status(url))
    std::printf("%04u  %-28s %s\n", row.version, row.name.c_str(),
                row.changed      ? "CHANGED since it was applied"
                : row.applied_at ? format_rfc3339(*row.applied_at).c_str()
                                 : "not applied");
}

int migrate_alone(const config_source& from, bool status) {
  const auto settings = usable(from);
  if (!settings)
    return EX_CONFIG;
  shut_others_out(*settings);
  try {
    const service_database store{*settings, {}};
    if (status) {
      print_migrations(store.url());
      return EX_OK;
    }
    const auto report = migrate(store.url());
    for (const auto& name : report.applied)
      std::printf("applied %s\n", name.c_str());
    std::printf("the schema is at version %u\n", report.after);
    return EX_OK;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "telltale: %s\n", problem.what());
    return EX_UNAVAILABLE;
  }
}

} // namespace

void add_serve(CLI::App& program, commands::chosen& run) {
  auto* command = program.add_subcommand(
      "serve",
      "Run the service until SIGTERM; SIGHUP reloads the configuration");
  const auto from = std::make_shared<config_source>();
  add_source(*command, from);
  command->callback([&run, from] { run = [from] { return serve(*from); }; });
}

void add_migrate(CLI::App& program, commands::chosen& run) {
  auto* command = program.add_subcommand(
      "migrate", "Bring the database's schema up to date, or show where it is");
  const auto from = std::make_shared<config_source>();
  const auto status = std::make_shared<bool>(false);
  add_source(*command, from);
  command->add_flag("--status", *status,
                    "list the migrations and change nothing");
  command->callback([&run, from, status] {
    run = [from, status] { return migrate_alone(*from, *status); };
  });
}

} // namespace telltale
