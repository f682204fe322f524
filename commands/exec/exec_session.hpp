#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "commands/client/runner_client.hpp"
#include "commands/exec/exec_spool.hpp"

namespace telltale::commands {

/// The task that `exec` makes and reports on, kept alive by a thread of its
/// own. Trouble with the service is told once and never thrown.
class exec_session {
public:
  struct notices {
    std::function<void(const std::string&)> warn; ///< any thread
    std::function<void()> stop; ///< the task is no longer ours; any thread
  };

  /// What `service` may not be told while it is away goes to `spool`.
  exec_session(runner_client& service, const report_spool& spool,
               boost::json::object task, std::string runner, notices tell);
  ~exec_session();
  exec_session(const exec_session&) = delete;
  exec_session& operator=(const exec_session&) = delete;

  /// Creates the task and reports it as running, one try each. What fails is
  /// tried again in the background.
  void begin();

  /// What became of a last report.
  enum class reported : std::uint8_t { yes, later, no };

  /// Reports the end; tries again for at most `patience` if the service knew
  /// the task before, else once. `later`: it is on disk.
  [[nodiscard]] reported finish(wire_report report,
                                std::chrono::milliseconds patience);

  /// After a failure was reported: the wait before the next attempt, if the
  /// service wants one. `begin` starts it.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry_wait();

  /// Empty: no task could be made.
  [[nodiscard]] std::string task() const;

private:
  /// What the next call to the service is.
  enum class stage : std::uint8_t { create, start, beat, given_up };

  void step(); ///< one call; sets the wait before the next
  void create();
  void start();
  void beat();
  void trouble(const service_answer& answer, std::string_view doing);
  void keep_alive();
  void halt();
  /// One try. `is_final`: another one would not help.
  [[nodiscard]] bool try_report(const wire_report& report, bool& is_final);
  /// Of a task that only its creator may start: begins another attempt.
  [[nodiscard]] bool take_next_attempt();
  /// By the attempt's own token, if there is one.
  [[nodiscard]] service_call as_attempt(service_call what) const;
  [[nodiscard]] service_answer ask(service_call what);
  void keep_on_disk(const wire_report& report);
  void send_spooled();

  runner_client& service_;
  const report_spool& spool_;
  boost::json::object description_;
  std::string runner_;
  notices tell_;
  std::string idempotency_key_;

  mutable std::mutex guard_; ///< of task_ and halted_
  std::condition_variable woken_;
  bool halted_ = false;
  std::string task_;
  std::string token_; ///< the attempt's own; empty: the service gave none

  // One thread at a time: begin's, the keeper's, then finish's.
  stage stage_ = stage::create;
  std::optional<std::uint32_t> attempt_;
  unsigned failures_ = 0;
  bool warned_ = false;
  bool was_stopped_ = false;
  bool is_over_ = false;       ///< the attempt's end was reported
  bool has_flushed_ = false;   ///< what earlier runs left was sent
  std::filesystem::path kept_; ///< the last report, on disk
  std::chrono::steady_clock::time_point reported_at_{};
  std::chrono::milliseconds wait_{1'000};
  std::thread keeper_;
};

} // namespace telltale::commands
