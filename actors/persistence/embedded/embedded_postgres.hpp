#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "actors/persistence/embedded/cluster_process.hpp"

namespace telltale {

struct embedded_postgres_options {
  /// Holds everything: `cluster/`, `postgres.log`, `owner.lock`, the files that
  /// say who may connect, the socket.
  std::filesystem::path data_dir = "./var/postgres";
  std::uint32_t max_connections = 50;
  std::string shared_buffers = "128MB"; ///< PostgreSQL's own default
  /// Recovery after a crash counts, too.
  std::chrono::milliseconds start_timeout{120'000};
  std::chrono::milliseconds stop_timeout{30'000};
  /// False trades durability for speed; for tests alone.
  bool durable = true;
  /// Ends a start that is under way with `interrupted`.
  std::stop_token stop;
  /// Told what takes long, a sentence at a time; null: nobody is.
  void (*progress)(std::string_view) = nullptr;

  void tell(std::string_view step) const {
    if (progress != nullptr)
      progress(step);
  }
};

/// A private PostgreSQL cluster, running as long as this object lives.
///
/// Made once by initdb, reachable through a unix socket in a folder that only
/// its user may enter, by the user that the kernel names. Locked against a
/// second owner; a cluster that an owner who was killed left behind is stopped
/// first and recovers. Should this process be killed, the kernel tells the
/// cluster to stop.
///
/// Threading: start it on a thread that lives as long as the service, since the
/// tie to us is to the thread that forked. Blocks. Other calls from one thread
/// at a time.
class embedded_postgres {
public:
  /// Throws `embedded_postgres_error` with what to do about it.
  [[nodiscard]] static embedded_postgres start(embedded_postgres_options);

  embedded_postgres(embedded_postgres&&) noexcept;
  embedded_postgres& operator=(embedded_postgres&&) noexcept;
  ~embedded_postgres(); ///< stops it

  /// The service's connection string: database and role `telltale`, which owns
  /// its schema and no more.
  [[nodiscard]] std::string url() const;

  /// The superuser's, for a database of the cluster.
  [[nodiscard]] std::string setup_url(std::string_view database) const;

  /// The main process's id; 0 once it has ended.
  [[nodiscard]] pid_t process() const noexcept;

  /// False: it ended by itself (see the log) or was stopped.
  [[nodiscard]] bool is_running();

  /// Where the server writes its log.
  [[nodiscard]] const std::filesystem::path& log_file() const noexcept;

  /// In order (checkpoint, connections cut), at once if that takes too long.
  void stop() noexcept;

  /// The same within a limit: in order for most of it, then without a
  /// checkpoint, then by SIGKILL. False: it was killed or had no checkpoint,
  /// and recovers at its next start.
  bool stop(std::chrono::milliseconds limit) noexcept;

  /// Keeps the server's log and the one before it within 16 MB. Call it now and
  /// then; true: the log was begun anew.
  bool bound_log() noexcept;

private:
  struct running_cluster;
  explicit embedded_postgres(std::unique_ptr<running_cluster> cluster);
  std::unique_ptr<running_cluster> cluster_;
};

/// Kills the processes of the cluster in this data folder if this process owns
/// it, also stopped ones. For a process that must end now; any thread.
std::size_t kill_embedded_postgres(const std::filesystem::path& data_dir);

} // namespace telltale
