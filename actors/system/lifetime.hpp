#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "actors/system/fatal_mailbox.hpp"
#include "actors/system/signals.hpp"
#include "config/config.hpp"
#include "config/load.hpp"

namespace telltale {

class service;
class service_database;

/// How a process ends: its exit code, and whether threads are left that will
/// not end, so that nothing may be destroyed on the way out.
struct ending {
  int code = 0;
  bool abrupt = false;
};

/// The service from its start to its stop.
///
/// All that may take long, or for ever, runs on a thread of its own: start,
/// reload, the embedded database's restart, stop. The main thread does nothing
/// but take signals and keep the time, so SIGTERM always ends the process, at
/// most `stop_allowance` after `http.drain_timeout`, whatever hangs.
class lifetime {
public:
  using clock = std::chrono::steady_clock;

  /// Beside the drain: for actors, database and log.
  static constexpr std::chrono::milliseconds stop_allowance{5'000};

  /// `source` is where a reload reads the configuration anew.
  lifetime(config::settings settings, config::load_request source,
           const signal_gate& signals);
  lifetime(const lifetime&) = delete;
  lifetime& operator=(const lifetime&) = delete;
  ~lifetime();

  /// On the main thread, once.
  [[nodiscard]] ending run();

private:
  enum class errand : std::uint8_t { stop, reload, child };

  // The main thread's part.
  void begin_stop();
  void on_notice();
  [[nodiscard]] ending cut_short();
  void tell_what_start_waits_for();
  void post(errand what);

  // The other thread's part.
  void live();
  [[nodiscard]] int start_and_serve();
  void serve(service& running, service_database& store);
  [[nodiscard]] int stop(std::unique_ptr<service> running,
                         service_database& store);
  void reload(service& running);
  std::optional<errand> next(std::optional<clock::time_point> until);
  void enter(std::string step);

  [[nodiscard]] std::string step() const;
  /// What is left until `share` before the end of the stop.
  [[nodiscard]] std::chrono::milliseconds
  left(std::chrono::milliseconds share) const;

  config::settings settings_;    ///< the other thread's after the start
  const config::settings first_; ///< what the process was started with
  const config::load_request source_;
  const signal_gate& signals_;
  const fatal_mailbox_ptr fatal_; ///< why the process gives up
  std::stop_source stopping_;
  clock::time_point stop_by_{}; ///< set before `stopping_`

  mutable std::mutex guard_; ///< of all down to `ending_`
  std::condition_variable news_;
  std::vector<errand> errands_;
  std::string step_; ///< what the other thread does now
  bool started_ = false;
  std::optional<ending> ending_;

  std::thread thread_;
};

} // namespace telltale
