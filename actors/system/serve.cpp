#include "actors/system/serve.hpp"

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <CLI/App.hpp>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "actors/persistence/embedded_postgres.hpp"
#include "actors/persistence/migrate.hpp"
#include "actors/system/logging.hpp"
#include "actors/system/service.hpp"
#include "actors/system/signals.hpp"
#include "config/changes.hpp"
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

config::load_result load_from(const config_source& from) {
  config::load_request what;
  if (!from.file.empty())
    what.file = from.file;
  what.environment = config::process_environment();
  what.overrides = from.overrides;
  return config::load(what);
}

void complain(const std::vector<config::problem>& problems) {
  for (const auto& each : problems)
    std::fprintf(stderr, "telltale: %s\n", to_string(each).c_str());
}

/// The settings to run with, or nothing, having said why.
std::optional<config::settings> usable(const config_source& from) {
  const auto read = load_from(from);
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

/// The database that the settings ask for, running as long as this lives.
class database {
public:
  explicit database(const config::settings& settings) : settings_(settings) {
    if (settings.database.mode == "url") {
      url_ = settings.database.url.reveal();
      return;
    }
    start();
  }

  [[nodiscard]] const std::string& url() const { return url_; }

  /// An embedded cluster that ended by itself is started again.
  void look_after() {
    if (!cluster_ || cluster_->is_running())
      return;
    spdlog::error("the embedded database ended by itself (its log: {}); "
                  "starting it again",
                  cluster_->log_file().string());
    cluster_.reset();
    start();
  }

private:
  void start() {
    embedded_postgres_options options;
    options.data_dir = settings_.database.data_dir;
    options.progress = [](std::string_view step) { spdlog::info("{}", step); };
    cluster_ = std::make_unique<embedded_postgres>(
        embedded_postgres::start(std::move(options)));
    url_ = cluster_->url();
  }

  const config::settings& settings_;
  std::string url_;
  std::unique_ptr<embedded_postgres> cluster_;
};

/// Brings the schema up to date; a database that is not there yet gets half a
/// minute to come.
void migrate_patiently(const std::string& url, bool embedded) {
  using namespace std::chrono_literals;
  for (int tries = embedded ? 1 : 15;; --tries) {
    try {
      const auto report = migrate(url);
      for (const auto& name : report.applied)
        spdlog::info("applied migration {}", name);
      return;
    } catch (const database_unreachable& problem) {
      if (tries <= 1)
        throw;
      spdlog::warn("{}; trying again in 2 s", problem.what());
      std::this_thread::sleep_for(2s);
    }
  }
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

/// Why the process gives up, from whichever thread.
class last_words {
public:
  void say(std::string why) {
    const std::scoped_lock lock{guard_};
    if (why_.empty())
      why_ = std::move(why);
    signal_gate::give_up();
  }
  [[nodiscard]] std::string said() const {
    const std::scoped_lock lock{guard_};
    return why_;
  }

private:
  mutable std::mutex guard_;
  std::string why_;
};

void reload(const config_source& from, config::settings& current,
            service& running) {
  const auto read = load_from(from);
  const auto refused = config::refusals(read);
  if (!refused.empty()) {
    for (const auto& each : refused)
      spdlog::error("not reloaded: {}", to_string(each));
    return;
  }
  const auto objections = service::objections(read.values);
  if (!objections.empty()) {
    for (const auto& each : objections)
      spdlog::error("not reloaded: {}", each);
    return;
  }
  const auto report = config::report_reload(current, read.values);
  for (const auto& path : report.needs_restart)
    spdlog::warn("{} has changed and needs a restart", path);
  current = config::taken_over(current, read.values);
  change_levels(current.log);
  running.reload(current);
  spdlog::info("configuration reloaded: {} options changed, {} need a restart",
               report.taken_over.size(), report.needs_restart.size());
}

int serve(const config_source& from) {
  auto settings = usable(from);
  if (!settings)
    return EX_CONFIG;
  start_logging(settings->log);
  raise_descriptor_limit();
  const signal_gate signals; // before the first thread
  last_words why;
  try {
    database store{*settings};
    migrate_patiently(store.url(), settings->database.mode == "embedded");
    service running{*settings, store.url(),
                    [&why](std::string reason) { why.say(std::move(reason)); }};
    running.start();
    const auto colon = settings->http.listen.rfind(':');
    std::printf("telltale is ready at http%s://%s:%u\n",
                settings->http.tls_certificate.empty() ? "" : "s",
                settings->http.listen.substr(0, colon).c_str(),
                static_cast<unsigned>(running.port()));
    std::fflush(stdout);
    for (;;) {
      switch (signals.wait()) {
      case process_signal::reload:
        reload(from, *settings, running);
        break;
      case process_signal::child:
        store.look_after();
        break;
      case process_signal::hopeless:
        if (why.said().empty()) // SIGUSR1 from outside means nothing
          break;
        spdlog::critical("giving up: {}", why.said());
        running.drain();
        return EX_SOFTWARE;
      case process_signal::stop:
        spdlog::info("stopping: finishing what was accepted");
        running.drain();
        spdlog::info("stopped");
        return EX_OK;
      }
    }
  } catch (const embedded_postgres_error& problem) {
    spdlog::critical("the embedded database does not start: {}",
                     problem.what());
    return EX_UNAVAILABLE;
  } catch (const migration_error& problem) {
    spdlog::critical("{}", problem.what());
    return EX_UNAVAILABLE;
  } catch (const std::exception& problem) {
    spdlog::critical("cannot serve: {}", problem.what());
    return EX_UNAVAILABLE;
  }
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
  try {
    const database store{*settings};
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
