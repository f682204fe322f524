#include <utility>

#include "commands/simulate/simulate_fleet.hpp"

// What runners of other systems do where Telltale's own do something else.

namespace telltale::commands {

using namespace std::chrono_literals;

namespace {

/// Daemons ask again and again; a job system looks at its own list.
constexpr auto ask_again = 1s;
constexpr auto look_again = 50ms;

} // namespace

void fleet::register_daemon(std::size_t at) {
  call("register", daemon_register_call(runners_[at].name, kind_),
       [this, at](const service_answer& answer) {
         const auto& runtimes = text::array_at(answer.body, "runtimes");
         if (!answer.ok() || runtimes.empty()) {
           trouble("register: " + answer.trouble);
           return agenda_.after(ask_again, [this, at] { register_daemon(at); });
         }
         runners_[at].runtime = text_at(runtimes.front(), "id");
         claim(at);
       });
}

void fleet::on_daemon_claimed(std::size_t at, const service_answer& answer) {
  const auto& tasks = text::array_at(answer.body, "tasks");
  if (!answer.ok() || tasks.empty()) {
    if (!answer.ok())
      trouble("claim: " + answer.trouble);
    return agenda_.after(ask_again, [this, at] { claim(at); });
  }
  const auto& task = tasks.front();
  const auto n = number_at(task, "simulated");
  auto& by = runners_[at];
  by.task = text_at(task, "task_id");
  by.attempt_id = text_at(task, "id");
  by.attempt =
      static_cast<std::uint32_t>(number_at(task, "attempt").value_or(1));
  if (!n || text_at(task, "run") != run_) {
    trouble("claim: task " + by.task + " is none of this simulation's");
    return claim(at);
  }
  by.n = static_cast<std::uint64_t>(*n);
  by.script = script_of(options_.mix, behaviour_of(by.n), by.n, by.attempt);
  if (!is_closing_)
    work(at);
}

void fleet::end_daemon_run(std::size_t at) {
  auto& by = runners_[at];
  call("progress", daemon_progress_call(by.attempt_id),
       [](const service_answer&) {});
  // The outbox has it now: the daemon takes another task meanwhile.
  const auto report = daemon_end_call(by.attempt_id, by.script.last);
  const bool is_last = by.attempt >= attempts_of(behaviour_of(by.n));
  call(
      "report end", report,
      [this, report, task = by.task, n = by.n,
       is_last](const service_answer& answer) {
        if (!answer.ok())
          trouble("report end of " + task + ": " + answer.trouble);
        else if (replays_taken(n))
          call(
              "replay", report, [](const service_answer&) {},
              insistence::terminal);
        if (answer.ok() && is_last)
          told(task);
      },
      insistence::terminal);
  claim(at);
}

void fleet::take_job(std::size_t at) {
  if (jobs_.empty())
    return agenda_.after(look_again, [this, at] { claim(at); });
  const auto job = std::move(jobs_.front());
  jobs_.pop_front();
  auto& by = runners_[at];
  by.task = job.task;
  by.token = job.token;
  by.n = job.n;
  by.attempt = job.attempt;
  by.script = script_of(options_.mix, behaviour_of(by.n), by.n, by.attempt);
  call("context", job_context_call(by.task, by.token),
       [this, at](const service_answer& answer) {
         if (!answer.ok() || text_at(answer.body, "run") != run_)
           trouble("context of " + runners_[at].task + ": " + answer.trouble);
         work(at);
       });
}

void fleet::end_job(std::size_t at) {
  auto& by = runners_[at];
  const auto things = by.script.last.posted.value_or(0);
  // What was handed over counts; the job itself says no number.
  if (things > 0)
    by.script.last.posted.reset();
  const auto finish_it = [this, at](const service_answer& answer) {
    auto& now = runners_[at];
    if (!answer.ok())
      trouble("finalize of " + now.task + ": " + answer.trouble);
    call(
        "report end", report_of(now, now.script.last),
        [this, at](const service_answer& taken) {
          const auto& ended = runners_[at];
          const bool is_last =
              ended.attempt >= attempts_of(behaviour_of(ended.n));
          if (!taken.ok())
            trouble("report end of " + ended.task + ": " + taken.trouble);
          else if (is_last)
            told(ended.task);
          else
            begin_again(ended);
          claim(at);
        },
        insistence::terminal);
  };
  if (things > 0)
    call("finalize", job_produced_call(by.task, by.token, things), finish_it);
  else
    finish_it(service_answer{200, {}, {}, {}, {}});
}

void fleet::begin_again(const runner& by) {
  call("begin attempt", job_begin_call(by.task),
       [this, task = by.task, n = by.n](const service_answer& answer) {
         if (!answer.ok())
           return trouble("begin attempt of " + task + ": " + answer.trouble);
         jobs_.push_back({task, text_at(answer.body, "token"), n,
                          static_cast<std::uint32_t>(
                              number_at(answer.body, "attempt").value_or(1))});
       });
}

void fleet::beat_otherwise(std::size_t at) {
  const auto& by = runners_[at];
  const auto heard = [this](const service_answer& answer) {
    if (!answer.ok())
      trouble("poll: " + answer.trouble);
  };
  if (options_.speaks == dialect::daemon && !by.runtime.empty())
    call("heartbeat", daemon_beat_call(by.runtime), heard);
  if (by.task.empty())
    return;
  if (options_.speaks == dialect::daemon)
    call("status", daemon_status_call(by.attempt_id), heard);
  else
    call("status", job_status_call(by.task, by.token), heard);
}

} // namespace telltale::commands
