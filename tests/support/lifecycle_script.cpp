#include "tests/support/lifecycle_script.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

using namespace std::chrono_literals;
using st = task_status;

/// The clock jumps by multiples of this; no rule's edge is one of them.
constexpr std::chrono::seconds beat_of_clock{200};
constexpr std::size_t most_tasks = 4;
constexpr std::size_t most_remembered = 12;

template <class... Fs> struct overloaded : Fs... { using Fs::operator()...; };
template <class... Fs> overloaded(Fs...) -> overloaded<Fs...>;

std::string short_name(const task_id& task) {
  return to_string(task).substr(0, 4);
}

void describe_report(std::ostream& out, const apply_status& report) {
  out << ' ' << short_name(report.task) << ' ' << to_string(report.status);
  if (report.attempt)
    out << " attempt=" << *report.attempt;
  if (report.failure_reason)
    out << " why=" << report.failure_reason->wire;
  if (report.runner)
    out << " by=" << report.runner->value;
  if (!report.detail.empty())
    out << " detail=" << report.detail.view();
  if (report.posted)
    out << " posted=" << *report.posted;
}

std::chrono::seconds threshold_of(sweep_kind kind) {
  switch (kind) {
  case sweep_kind::queue_ttl:
  case sweep_kind::retry_not_taken:
    return 7150s;
  case sweep_kind::runner_offline:
    return 1500s;
  case sweep_kind::reconnect:
    return 10'750s;
  case sweep_kind::lease:
    return 300s;
  case sweep_kind::wall_clock:
    return 8900s;
  case sweep_kind::recovery:
  case sweep_kind::deregistered:
    return 0s;
  }
  return 0s;
}

const char* reason_of(sweep_kind kind) {
  switch (kind) {
  case sweep_kind::queue_ttl:
  case sweep_kind::retry_not_taken:
    return "queued_expired";
  case sweep_kind::runner_offline:
  case sweep_kind::deregistered:
    return "runtime_offline";
  case sweep_kind::reconnect:
    return "runtime_reconnect_timeout";
  case sweep_kind::lease:
  case sweep_kind::wall_clock:
    return "timeout";
  case sweep_kind::recovery:
    break;
  }
  return "runtime_recovery";
}

} // namespace

task_rules lifecycle_rules() {
  task_rules rules;
  rules.lease = 600s;
  rules.runner_silence = 1500s;
  rules.retry.jitter = 0.0;
  for (const char* waiting :
       {"runtime_offline", "skill_bundle_unavailable",
        "agent_error.provider_capacity_or_rate_limit",
        "agent_error.provider_server_error", "agent_error.provider_network"}) {
    auto& rule = rules.retry.reasons[waiting];
    rule.base = 100s;
    rule.factor = 3.0;
    rule.cap = 900s;
  }
  return rules;
}

std::string describe(const lifecycle_step& step) {
  std::ostringstream out;
  std::visit(
      overloaded{
          [&](const create_task& x) {
            out << "create " << short_name(x.task.id)
                << " max_attempts=" << x.task.max_attempts << " key='"
                << x.idempotency_key << '\'';
          },
          [&](const std::vector<apply_status>& x) {
            out << "report";
            for (const auto& report : x)
              describe_report(out, report);
          },
          [&](const daemon_word& x) {
            out << "daemon of attempt " << x.number;
            describe_report(out, x.what);
          },
          [&](const claim_tasks& x) {
            out << "claim by=" << x.runner.value << " limit=" << x.limit
                << " kinds=" << x.kinds.size();
          },
          [&](const beat_heart& x) {
            out << "heartbeat of " << x.runner.value;
            for (const auto& held : x.tasks)
              out << ' ' << short_name(held.task) << '/'
                  << held.attempt.value_or(0);
          },
          [&](const cancel_task& x) { out << "cancel " << short_name(x.task); },
          [&](const retry_task& x) { out << "retry " << short_name(x.task); },
          [&](const sweep_tasks& x) {
            out << "sweep " << to_string(x.kind) << ' ' << x.runner.value;
          },
          [&](const clock_jump& x) { out << "jump " << x.span.count() << 's'; },
          [&](const store_crash&) { out << "crash"; },
          [&](const backend_kill&) { out << "kill the backend"; },
          [&](const lost_claim& x) {
            out << "claim by=" << x.what.runner.value << ", given back";
          },
      },
      step.what);
  if (step.loses_answer)
    out << " (its answer is lost)";
  return out.str();
}

runner_id lifecycle_script::runner() {
  return {chance(60) ? "r1" : "r2"};
}

redacted_text lifecycle_script::text() {
  constexpr std::array words{"boom", "no disk", "posted nothing"};
  return chance(50) ? redacted_text{}
                    : stored_text::from_store(words[below(words.size())]);
}

failure_reason lifecycle_script::why() {
  constexpr std::array reasons{"agent_error.provider_network",
                               "agent_error.process_failure",
                               "timeout",
                               "runtime_offline",
                               "iteration_limit",
                               "made_up.by_a_runner"};
  return failure_reason{reasons[below(reasons.size())]};
}

create_task lifecycle_script::create() {
  create_task what;
  for (auto& byte : what.task.id.value.bytes)
    byte = static_cast<std::uint8_t>(below(256));
  what.task.kind = chance(70) ? "review" : "fix";
  what.task.max_attempts = 1 + below(3);
  what.task.asks_attempts = chance(50);
  what.task.priority = static_cast<std::int32_t>(below(3));
  if (chance(30))
    what.task.timeout = chance(30) ? 0s : 3500s;
  if (chance(20))
    what.idempotency_key = "key";
  return what;
}

std::optional<std::uint32_t>
lifecycle_script::attempt_of(const task_record& about) {
  const auto roll = below(100);
  if (roll < 40)
    return std::nullopt;
  if (roll < 75)
    return about.attempt;
  if (roll < 88)
    return about.attempt - std::min(about.attempt, 1U);
  return about.attempt + (roll < 96 ? 1 : 2);
}

apply_status lifecycle_script::report(const task_record& about) {
  constexpr std::array statuses{st::running,   st::running,  st::posting_result,
                                st::succeeded, st::failed,   st::failed,
                                st::timed_out, st::cancelled};
  apply_status what;
  what.task = about.id;
  what.status = statuses[below(statuses.size())];
  what.attempt = attempt_of(about);
  what.detail = text();
  what.telling_line = what.detail;
  if (is_failure(what.status))
    what.failure_reason = why();
  if (chance(50))
    what.runner = runner();
  if (chance(30))
    what.posted = below(3);
  if (chance(20))
    what.intended_empty = chance(50);
  return what;
}

/// As a job system says it: no attempt, no runner.
apply_status lifecycle_script::job_report(const task_record& about) {
  apply_status what;
  what.task = about.id;
  switch (below(3)) {
  case 0:
    what.status = st::running;
    break;
  case 1:
    what.status = st::succeeded;
    what.posted = below(2);
    break;
  default:
    what.status = st::failed;
    what.detail = text();
    what.telling_line = what.detail;
    what.failure_reason = why();
  }
  return what;
}

std::vector<apply_status>
lifecycle_script::reports(const std::vector<task_record>& tasks) {
  std::vector<apply_status> batch;
  const auto size = chance(70) ? 1U : 2U + below(3);
  while (batch.size() < size) {
    if (!said_.empty() && chance(20)) {
      batch.push_back(said_[below(static_cast<std::uint32_t>(said_.size()))]);
      continue;
    }
    const auto& about = tasks[below(static_cast<std::uint32_t>(tasks.size()))];
    batch.push_back(chance(70) ? report(about) : job_report(about));
    said_.push_back(batch.back());
    if (said_.size() > most_remembered)
      said_.erase(said_.begin());
  }
  return batch;
}

/// A daemon knows attempts by their ids, and old ones for ever.
daemon_word
lifecycle_script::daemon_says(const std::vector<task_record>& tasks) {
  const auto& about = tasks[below(static_cast<std::uint32_t>(tasks.size()))];
  daemon_word word;
  word.what = job_report(about);
  word.number = about.attempt < 2 ? 1 : 1 + below(about.attempt);
  return word;
}

claim_tasks lifecycle_script::claim() {
  claim_tasks what;
  what.runner = runner();
  what.limit = 1 + below(3);
  if (chance(30))
    what.kinds = {chance(50) ? "fix" : "review"};
  return what;
}

beat_heart lifecycle_script::beat(const std::vector<task_record>& tasks) {
  beat_heart what;
  what.runner = runner();
  for (const auto& task : tasks)
    if (chance(60))
      what.tasks.push_back({task.id, attempt_of(task)});
  return what;
}

sweep_tasks lifecycle_script::sweep() {
  sweep_tasks what;
  what.kind = static_cast<sweep_kind>(below(7));
  what.threshold = threshold_of(what.kind);
  what.failure_reason = failure_reason{reason_of(what.kind)};
  what.sentinel = redacted_text::from_platform("the platform says so");
  if (what.kind == sweep_kind::lease || what.kind == sweep_kind::wall_clock)
    what.status = st::timed_out;
  if (what.kind == sweep_kind::lease)
    what.unheard = {failure_reason{"runtime_offline"}, what.sentinel,
                    st::failed};
  if (what.kind == sweep_kind::recovery)
    what.runner = runner();
  return what;
}

lifecycle_step lifecycle_script::next(const std::vector<task_record>& tasks) {
  lifecycle_step step;
  step.loses_answer = chance(25);
  const auto roll = below(100);
  const auto any = [&] {
    return tasks[below(static_cast<std::uint32_t>(tasks.size()))].id;
  };
  if (tasks.empty() || (roll < 8 && tasks.size() < most_tasks))
    step.what = create();
  else if (roll < 34)
    step.what = reports(tasks);
  else if (roll < 40)
    step.what = daemon_says(tasks);
  else if (roll < 54)
    step.what = claim();
  else if (roll < 61)
    step.what = beat(tasks);
  else if (roll < 65)
    step.what = cancel_task{any()};
  else if (roll < 71)
    step.what = retry_task{any()};
  else if (roll < 84)
    step.what = sweep();
  else if (roll < 95)
    step.what = clock_jump{beat_of_clock * (1 + below(chance(80) ? 8 : 60))};
  else if (roll < 97)
    step.what = store_crash{};
  else if (roll < 99)
    step.what = lost_claim{claim()};
  else
    step.what = backend_kill{};
  return step;
}

} // namespace telltale
