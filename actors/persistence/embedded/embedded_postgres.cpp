#include "actors/persistence/embedded/embedded_postgres.hpp"

#include <algorithm>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include <pqxx/pqxx>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/persistence/embedded/cluster_data.hpp"
#include "actors/persistence/embedded/cluster_folder.hpp"
#include "actors/persistence/embedded/cluster_roles.hpp"
#include "actors/persistence/embedded/interrupted.hpp"
#include "actors/persistence/embedded/postgres_programs.hpp"
#include "text/percent.hpp"

namespace fs = std::filesystem;

namespace telltale {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto poll = 10ms;
constexpr auto progress_every = 2s;
constexpr std::uintmax_t log_kept = 8'000'000;

std::vector<std::string>
server_arguments(const fs::path& folder, const fs::path& socket_folder,
                 const embedded_postgres_options& options) {
  std::vector<std::string> result{"-D", (folder / "cluster").string()};
  const auto set = [&](std::string setting) {
    result.emplace_back("-c");
    result.push_back(std::move(setting));
  };
  set("listen_addresses=");
  set("port=5432");
  set("unix_socket_directories=" + socket_folder.string());
  set("unix_socket_permissions=0700");
  set("hba_file=" + (folder / "pg_hba.conf").string());
  set("ident_file=" + (folder / "pg_ident.conf").string());
  set("max_connections=" + std::to_string(options.max_connections));
  set("shared_buffers=" + options.shared_buffers);
  set("timezone=UTC");
  set("log_timezone=UTC");
  set("logging_collector=off");
  set("log_destination=stderr");
  set("log_line_prefix=%m [%p] ");
  // Statements hold people's texts; the log does not repeat them.
  set("log_min_error_statement=panic");
  set("log_parameter_max_length_on_error=0");
  set("log_error_verbosity=terse");
  set("jit=off");
  set(options.durable ? "fsync=on" : "fsync=off");
  if (!options.durable) {
    set("synchronous_commit=off");
    set("full_page_writes=off");
  }
  return result;
}

} // namespace

struct embedded_postgres::running_cluster {
  embedded_postgres_options options;
  cluster_account account;
  fs::path folder;
  fs::path socket_folder;
  fs::path log;
  descriptor lock;
  pid_t child = 0;

  running_cluster() = default;
  running_cluster(const running_cluster&) = delete;
  running_cluster& operator=(const running_cluster&) = delete;
  ~running_cluster() {
    stop();
    if (!socket_folder.empty() && socket_folder.parent_path() != folder)
      remove_socket_folder(socket_folder, account);
  }

  [[nodiscard]] std::string url(std::string_view role,
                                std::string_view database) const {
    return "postgresql://" + std::string{role} + "@"
           + text::percent_encode(socket_folder.string()) + ":5432/"
           + text::percent_encode(database);
  }

  [[nodiscard]] std::string log_tail() const {
    const file_access as_account{account};
    return read_tail(log, 2000);
  }

  bool is_running() {
    if (child == 0)
      return false;
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == 0)
      return true;
    child = 0;
    return false;
  }

  bool wait_until_ended(std::chrono::milliseconds patience) {
    const auto until = steady_clock::now() + patience;
    while (is_running()) {
      if (steady_clock::now() >= until)
        return false;
      std::this_thread::sleep_for(poll);
    }
    return true;
  }

  /// True: in order, with a checkpoint.
  bool stop(std::chrono::milliseconds in_order,
            std::chrono::milliseconds at_once) noexcept {
    if (!is_running())
      return true;
    ::kill(child, SIGINT);
    if (wait_until_ended(in_order))
      return true;
    ::kill(child, SIGQUIT);
    if (wait_until_ended(at_once))
      return false;
    // One that was stopped hears nothing but this, and outlives its parent.
    const auto until = steady_clock::now() + 1s;
    while (kill_processes_in(folder / "cluster") > 0
           && steady_clock::now() < until) {
      static_cast<void>(is_running());
      std::this_thread::sleep_for(poll);
    }
    static_cast<void>(is_running());
    return false;
  }

  void stop() noexcept {
    const auto hurry = options.stop.stop_requested();
    static_cast<void>(hurry ? stop(2'000ms, 500ms)
                            : stop(options.stop_timeout, 5'000ms));
  }

  /// Every writer appends, so a file that is cut goes on from its beginning.
  bool bound_log() const noexcept try {
    const file_access as_account{account};
    std::error_code error;
    if (fs::file_size(log, error) <= log_kept || error)
      return false;
    const auto before = fs::path{log}.concat(".1");
    fs::copy_file(log, before, fs::copy_options::overwrite_existing, error);
    if (error) // no room, say: what is left of it would only take more
      fs::remove(before, error);
    fs::resize_file(log, 0, error);
    return !error;
  } catch (const std::exception&) {
    return false;
  }

  void launch(const postgres_programs& programs) {
    static_cast<void>(bound_log());
    program_launch server;
    server.program = programs.folder / "postgres";
    server.arguments = server_arguments(folder, socket_folder, options);
    server.folder = folder / "cluster";
    server.output = log;
    server.account = account;
    server.tied_to_us = true;
    child = launch_program(server);
  }

  /// Ready: it answers a query. While it recovers it refuses connections.
  void wait_until_ready() {
    const auto begun = steady_clock::now();
    auto next_word = begun + progress_every;
    std::string last;
    for (;;) {
      if (!is_running())
        throw embedded_postgres_error{
            "the embedded database did not start; the end of its log, "
            + log.string() + ":\n" + log_tail()};
      try {
        set_up_roles(url(setup_role, "postgres"), url(setup_role, "telltale"));
        return;
      } catch (const pqxx::broken_connection& error) {
        last = error.what();
      } catch (const pqxx::failure& error) {
        throw embedded_postgres_error{
            std::string{"the embedded database cannot be set up: "}
            + error.what()};
      }
      const auto now = steady_clock::now();
      if (now - begun > options.start_timeout)
        throw embedded_postgres_error{
            "the embedded database is not ready after "
            "the time it was given: "
            + last + "\n" + log_tail()};
      if (now >= next_word) {
        next_word = now + progress_every;
        options.tell("waiting for the embedded database, which may be "
                     "recovering after a crash");
      }
      pause_unless_stopped(options.stop, poll);
    }
  }
};

embedded_postgres embedded_postgres::start(embedded_postgres_options options) {
  auto cluster = std::make_unique<running_cluster>();
  cluster->options = std::move(options);
  const auto& given = cluster->options;
  cluster->account = find_cluster_account(find_owner(given.data_dir));
  cluster->folder = make_data_folder(given.data_dir, cluster->account);
  const auto& account = cluster->account;
  const auto data = cluster->folder / "cluster";
  const auto made_by = read_cluster_major(data, account);
  if (made_by)
    refuse_older_cluster(cluster->folder, account);
  cluster->lock.value = lock_data_folder(cluster->folder, account).release();
  cluster->log = cluster->folder / "postgres.log";
  const auto programs = choose_postgres(
      list_postgres_programs(cluster->folder / "version.log", account),
      made_by);
  write_access_files(cluster->folder, account);
  if (made_by)
    stop_orphans(data, account, given);
  else
    make_cluster(cluster->folder, programs, account, given);
  cluster->socket_folder = make_socket_folder(cluster->folder, account);
  cluster->launch(programs);
  cluster->wait_until_ready();
  return embedded_postgres{std::move(cluster)};
}

embedded_postgres::embedded_postgres(std::unique_ptr<running_cluster> cluster)
    : cluster_(std::move(cluster)) {}

embedded_postgres::embedded_postgres(embedded_postgres&&) noexcept = default;
embedded_postgres&
embedded_postgres::operator=(embedded_postgres&&) noexcept = default;
embedded_postgres::~embedded_postgres() = default;

std::string embedded_postgres::url() const {
  return cluster_->url("telltale", "telltale");
}

std::string embedded_postgres::setup_url(std::string_view database) const {
  return cluster_->url(setup_role, database);
}

pid_t embedded_postgres::process() const noexcept {
  return cluster_->child;
}

bool embedded_postgres::is_running() {
  return cluster_->is_running();
}

const fs::path& embedded_postgres::log_file() const noexcept {
  return cluster_->log;
}

void embedded_postgres::stop() noexcept {
  cluster_->stop();
}

bool embedded_postgres::stop(std::chrono::milliseconds limit) noexcept {
  const auto at_once = std::min<std::chrono::milliseconds>(limit / 4, 1'000ms);
  return cluster_->stop(limit - 2 * at_once, at_once);
}

bool embedded_postgres::bound_log() noexcept {
  return cluster_->bound_log();
}

std::size_t kill_embedded_postgres(const fs::path& data_dir) {
  std::error_code error;
  const auto folder = fs::weakly_canonical(data_dir, error);
  const auto owner = parse_number(read_tail(folder / "owner.lock", 64));
  if (error || owner != static_cast<std::uint32_t>(::getpid()))
    return 0;
  return kill_processes_in(folder / "cluster");
}

} // namespace telltale
