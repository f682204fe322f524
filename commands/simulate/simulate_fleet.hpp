#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "commands/simulate/simulate.hpp"
#include "commands/simulate/simulate_agenda.hpp"

namespace telltale::commands {

/// The simulated runners, whoever asks for their runs, and whoever checks what
/// was told. All members belong to the thread that runs the agenda; answers
/// come to it by `agenda::post`.
class fleet {
public:
  fleet(const simulation_options& options, simulation_result& result);

  /// Runs to the end.
  void run();

private:
  struct simulated_task {
    behaviour what = behaviour::delivered;
    std::uint64_t n = 0;
    bool is_told = false; ///< the last report was taken, or the reaper was seen
    bool is_silent = false; ///< nobody reports on it any more
  };
  struct runner {
    std::string name;
    std::uint32_t incarnation = 0;
    std::string task; ///< empty: none at hand
    std::uint32_t attempt = 0;
    std::string token;
    std::uint64_t n = 0;
    run_script script;
    std::string runtime;    ///< of a daemon, once it is registered
    std::string attempt_id; ///< by which a daemon knows what it works on
  };
  /// What a job system is to start.
  struct simulated_job {
    std::string task;
    std::string token;
    std::uint64_t n = 0;
    std::uint32_t attempt = 1;
  };
  using on_answer = std::function<void(service_answer)>;

  /// Sends, measures, and tries again what may pass, as the dialect does.
  void call(std::string kind, service_call what, on_answer then,
            insistence how = insistence::ordinary, unsigned tries = 0);

  // simulate_dialect_fleet.cpp: what other dialects do instead.
  void register_daemon(std::size_t at);
  void on_daemon_claimed(std::size_t at, const service_answer& answer);
  void take_job(std::size_t at);
  void end_daemon_run(std::size_t at);
  void end_job(std::size_t at);
  void begin_again(const runner& by);
  void beat_otherwise(std::size_t at);

  [[nodiscard]] behaviour behaviour_of(std::uint64_t n) const {
    return as_played(options_.speaks, pick(options_.mix, n));
  }
  void create_due();
  void create_one();
  void on_created(std::uint64_t n, const service_answer& answer);
  void claim(std::size_t at);
  void on_claimed(std::size_t at, const service_answer& answer);
  void work(std::size_t at);
  void on_started(std::size_t at, const service_answer& answer);
  void finish(std::size_t at);
  void settle(std::size_t at);
  void fall_silent(std::size_t at);
  void watch_silent(std::string task, std::uint32_t attempt, std::string token,
                    std::uint64_t n);
  void report_late(const std::string& task, std::uint32_t attempt,
                   const std::string& token, std::uint64_t n);
  void beat(std::size_t at);
  void told(const std::string& task);
  void check_next();
  void on_checked(const std::string& task, const service_answer& answer);
  void show_progress();
  void trouble(const std::string& what);
  [[nodiscard]] service_call report_of(const runner& by,
                                       wire_report what) const;
  [[nodiscard]] bool all_told() const;
  void rename(runner& one, std::size_t at) const;

  const simulation_options& options_;
  simulation_result& result_;
  agenda agenda_;
  std::string run_; ///< names this run, its runners and its kind of task
  std::string kind_;
  std::map<std::string, simulated_task> tasks_;
  std::vector<runner> runners_;
  std::deque<std::string> to_check_;
  std::deque<simulated_job> jobs_; ///< to be started
  agenda::clock::time_point began_;
  std::uint64_t asked_ = 0;  ///< creations sent
  std::uint64_t failed_ = 0; ///< creations that came to nothing
  std::uint64_t told_ = 0;
  std::uint32_t creating_ = 0;
  std::uint32_t checking_ = 0;
  bool is_closing_ = false; ///< nothing new is claimed
  runner_client client_;    // last: its thread posts to the agenda
};

} // namespace telltale::commands
