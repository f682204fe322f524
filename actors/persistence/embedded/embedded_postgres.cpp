#include "actors/persistence/embedded/embedded_postgres.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include <pqxx/pqxx>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/persistence/embedded/cluster_folder.hpp"
#include "actors/persistence/embedded/interrupted.hpp"
#include "actors/persistence/embedded/postgres_programs.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"
#include "text/hex.hpp"

namespace fs = std::filesystem;

namespace telltale {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto poll = 10ms;
constexpr auto progress_every = 2s;
constexpr std::uintmax_t log_kept = 8'000'000;

void tell(const embedded_postgres_options& options, std::string_view what) {
  if (options.progress)
    options.progress(what);
}

std::optional<std::uint32_t> read_cluster_major(const fs::path& cluster) {
  std::ifstream in{cluster / "PG_VERSION"};
  std::uint32_t major = 0;
  if (in >> major)
    return major;
  return std::nullopt;
}

/// Stops what an owner who was killed left running. Our lock says that no
/// living owner needs it.
void stop_orphans(const fs::path& cluster,
                  const embedded_postgres_options& options) {
  const std::array steps{std::pair{SIGINT, 15s}, std::pair{SIGQUIT, 5s},
                         std::pair{SIGKILL, 5s}};
  for (const auto& [number, patience] : steps) {
    auto left = find_processes_in(cluster);
    if (left.empty())
      break;
    tell(options, "stopping the embedded database that an earlier run left");
    // The main process passes an orderly stop on to the others.
    std::ifstream in{cluster / "postmaster.pid"};
    pid_t main_process = 0;
    const bool has_main =
        in >> main_process
        && std::find(left.begin(), left.end(), main_process) != left.end();
    if (has_main && number != SIGKILL)
      left = {main_process};
    for (const auto id : left)
      ::kill(id, has_main || number == SIGKILL ? number : SIGQUIT);
    const auto until = steady_clock::now() + patience;
    while (steady_clock::now() < until && !find_processes_in(cluster).empty())
      pause_unless_stopped(options.stop, poll);
  }
  if (!find_processes_in(cluster).empty())
    throw embedded_postgres_error{"processes of an earlier run still use "
                                  + cluster.string()
                                  + " and cannot be stopped"};
  // Nobody is there, so the file is stale; its process id may by now belong to
  // a stranger, for whose sake the server would refuse to start.
  std::error_code ignored;
  fs::remove(cluster / "postmaster.pid", ignored);
}

/// Makes the cluster beside its place and moves it there, so that one that was
/// interrupted is never taken for a whole one.
void make_cluster(const fs::path& folder, const postgres_programs& programs,
                  const cluster_account& account,
                  const embedded_postgres_options& options) {
  tell(options, "making the embedded database in " + folder.string());
  const auto fresh = folder / "cluster.new";
  const auto output = folder / "initdb.log";
  std::error_code error;
  fs::remove_all(fresh, error);
  fs::remove(output, error);
  program_launch launch;
  launch.program = programs.folder / "initdb";
  launch.arguments = {"--pgdata=" + fresh.string(),
                      "--username=telltale",
                      "--encoding=UTF8",
                      "--locale=C",
                      "--auth=trust",
                      "--no-instructions"};
  if (programs.major < 14) // where the option appeared
    launch.arguments.pop_back();
  if (!options.durable)
    launch.arguments.emplace_back("--no-sync");
  launch.folder = folder;
  launch.output = output;
  launch.account = account;
  if (const int code = run_program(launch, options.stop); code != 0)
    throw embedded_postgres_error{"initdb ended with " + std::to_string(code)
                                  + ":\n" + read_tail(output, 2000)};
  fs::rename(fresh, folder / "cluster");
}

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

/// `%` and whatever else a connection URI gives a meaning, encoded.
std::string encode_part(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9')
                       || (byte >= 'a' && byte <= 'z')
                       || (byte >= 'A' && byte <= 'Z') || byte == '_'
                       || byte == '-' || byte == '.';
    if (plain) {
      result += c;
    } else {
      result += '%';
      text::append_hex(result, byte, text::hex_case::upper);
    }
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
  int lock = -1;
  pid_t child = 0;

  running_cluster() = default;
  running_cluster(const running_cluster&) = delete;
  running_cluster& operator=(const running_cluster&) = delete;
  ~running_cluster() {
    stop();
    std::error_code ignored;
    if (!socket_folder.empty() && socket_folder.parent_path() != folder)
      fs::remove_all(socket_folder, ignored);
    if (lock >= 0)
      ::close(lock);
  }

  [[nodiscard]] std::string url(std::string_view database) const {
    return "postgresql://telltale@" + encode_part(socket_folder.string())
           + ":5432/" + encode_part(database);
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
  bool bound_log() const noexcept {
    std::error_code error;
    if (fs::file_size(log, error) <= log_kept || error)
      return false;
    const auto before = fs::path{log}.concat(".1");
    fs::copy_file(log, before, fs::copy_options::overwrite_existing, error);
    if (error) // no room, say: what is left of it would only take more
      fs::remove(before, error);
    fs::resize_file(log, 0, error);
    return !error;
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
            + log.string() + ":\n" + read_tail(log, 2000)};
      try {
        pqxx::connection connection{with_limits(url("postgres"))};
        pqxx::nontransaction work{connection};
        if (work.exec("SELECT 1 FROM pg_database WHERE datname = 'telltale'")
                .empty())
          work.exec("CREATE DATABASE telltale");
        return;
      } catch (const pqxx::failure& error) {
        last = error.what();
      }
      const auto now = steady_clock::now();
      if (now - begun > options.start_timeout)
        throw embedded_postgres_error{
            "the embedded database is not ready after "
            "the time it was given: "
            + last + "\n" + read_tail(log, 2000)};
      if (now >= next_word) {
        next_word = now + progress_every;
        tell(options, "waiting for the embedded database, which may be "
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
  cluster->account = find_cluster_account();
  cluster->folder = make_data_folder(given.data_dir, cluster->account);
  cluster->lock = lock_data_folder(cluster->folder);
  cluster->log = cluster->folder / "postgres.log";
  const auto data = cluster->folder / "cluster";
  const auto programs =
      choose_postgres(list_postgres_programs(cluster->folder / "version.log"),
                      read_cluster_major(data));
  if (read_cluster_major(data))
    stop_orphans(data, given);
  else
    make_cluster(cluster->folder, programs, cluster->account, given);
  cluster->socket_folder =
      make_socket_folder(cluster->folder, cluster->account);
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
  return cluster_->url("telltale");
}

std::string embedded_postgres::url(std::string_view database) const {
  return cluster_->url(database);
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
  pid_t owner = 0;
  std::ifstream in{folder / "owner.lock"};
  if (error || !(in >> owner) || owner != ::getpid())
    return 0;
  return kill_processes_in(folder / "cluster");
}

} // namespace telltale
