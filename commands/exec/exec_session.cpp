#include "commands/exec/exec_session.hpp"

#include <algorithm>

#include "commands/exec/exec_rules.hpp"
#include "messages/time.hpp"
#include "messages/uuid.hpp"

namespace telltale::commands {

namespace {

using steady = std::chrono::steady_clock;

/// A third of the lease, within what is sensible whatever the two clocks say.
std::chrono::milliseconds beat_interval(const boost::json::value& answer) {
  constexpr std::chrono::milliseconds least{1'000};
  constexpr std::chrono::milliseconds most{20'000};
  auto end = parse_rfc3339(text_at(answer, "lease_expires_at"));
  if (!end)
    return most;
  auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(*end - now_utc());
  return std::clamp(left / 3, least, most);
}

bool names_task(const boost::json::value& answer, const std::string& task) {
  const auto& stop = text::array_at(answer, "stop");
  return std::any_of(stop.begin(), stop.end(), [&](const auto& one) {
    const auto* text = one.if_string();
    return text && std::string_view{text->data(), text->size()} == task;
  });
}

} // namespace

exec_session::exec_session(runner_client& service, boost::json::object task,
                           std::string runner, notices tell)
    : service_(service), description_(std::move(task)),
      runner_(std::move(runner)), tell_(std::move(tell)),
      idempotency_key_(to_string(make_uuid_v7())) {}

exec_session::~exec_session() {
  halt();
}

std::string exec_session::task() const {
  std::lock_guard hold{guard_};
  return task_;
}

void exec_session::begin() {
  halt();
  halted_ = false;
  if (stage_ != stage::create)
    stage_ = stage::start;
  attempt_.reset();
  failures_ = 0;
  was_stopped_ = false;
  step();
  if (stage_ == stage::start)
    step();
  keeper_ = std::thread{[this] { keep_alive(); }};
}

void exec_session::keep_alive() {
  std::unique_lock hold{guard_};
  while (stage_ != stage::given_up
         && !woken_.wait_for(hold, wait_, [&] { return halted_; })) {
    hold.unlock();
    step();
    hold.lock();
  }
}

void exec_session::halt() {
  {
    std::lock_guard hold{guard_};
    halted_ = true;
  }
  woken_.notify_all();
  if (keeper_.joinable())
    keeper_.join();
}

void exec_session::step() {
  switch (stage_) {
  case stage::create:
    return create();
  case stage::start:
    return start();
  case stage::beat:
    return beat();
  case stage::given_up:
    return;
  }
}

void exec_session::trouble(const service_answer& answer,
                           std::string_view doing) {
  wait_ = answer.retry_after ? std::chrono::milliseconds{*answer.retry_after}
                             : backoff(++failures_);
  auto is_hopeless = !answer.is_worth_a_retry();
  if (is_hopeless)
    stage_ = stage::given_up;
  if (warned_)
    return;
  warned_ = true;
  tell_.warn(std::string{doing} + " at " + service_.where().url + ": "
             + answer.trouble
             + (is_hopeless ? "; the command runs without being reported"
                            : "; the command runs all the same"));
}

void exec_session::create() {
  // Deferred, so that no other runner claims it: we start it ourselves.
  auto body = description_;
  body["run_after"] = format_rfc3339(now_utc() + std::chrono::seconds{30});
  auto answer =
      service_.call(create_task_call(std::move(body), idempotency_key_));
  auto id = text_at(answer.body, "id");
  if (!answer.ok() || id.empty()) {
    if (answer.ok())
      answer.trouble = "the answer names no task";
    return trouble(answer, "cannot create a task");
  }
  std::lock_guard hold{guard_};
  task_ = std::move(id);
  stage_ = stage::start;
  wait_ = std::chrono::milliseconds{0};
}

void exec_session::start() {
  wire_report report;
  report.status = "running";
  report.runner = runner_;
  auto answer = service_.call(report_call(task_, report));
  if (!answer.ok())
    return trouble(answer, "cannot report the start");
  // The number of the attempt fences our reports against a later one's.
  auto known = service_.call(attempt_status_call(task_));
  if (auto number = number_at(known.body, "attempt");
      known.ok() && number && *number > 0
      && text_at(known.body, "status") == "running")
    attempt_ = static_cast<std::uint32_t>(*number);
  stage_ = stage::beat;
  failures_ = 0;
  wait_ = std::chrono::milliseconds{0};
}

void exec_session::beat() {
  auto answer =
      service_.call(heartbeat_call(runner_, {{task_, attempt_.value_or(1)}}));
  if (!answer.ok()) {
    trouble(answer, "cannot send a heartbeat");
    // A heartbeat that is refused says nothing about the report to come.
    stage_ = stage::beat;
    return;
  }
  failures_ = 0;
  wait_ = beat_interval(answer.body);
  if (!was_stopped_ && names_task(answer.body, task_)) {
    was_stopped_ = true;
    tell_.stop();
  }
}

bool exec_session::try_report(const wire_report& report, bool& is_final) {
  auto answer = service_.call(report_call(task_, report));
  is_final = !answer.is_worth_a_retry();
  if (answer.ok())
    return true;
  if (is_final || !warned_) {
    warned_ = warned_ || !is_final;
    tell_.warn("cannot report the end at " + service_.where().url + ": "
               + answer.trouble);
  }
  if (answer.retry_after)
    wait_ = *answer.retry_after;
  return false;
}

bool exec_session::finish(wire_report report,
                          std::chrono::milliseconds patience) {
  halt();
  auto was_known = stage_ != stage::create;
  if (stage_ == stage::create)
    step();
  if (task_.empty())
    return false;
  report.attempt = attempt_;
  report.runner = runner_;
  auto deadline = steady::now() + patience;
  for (unsigned tries = 0;; ++tries) {
    auto is_final = false;
    wait_ = backoff(tries);
    if (try_report(report, is_final))
      return true;
    if (is_final || !was_known || steady::now() + wait_ > deadline)
      return false;
    std::this_thread::sleep_for(wait_);
  }
}

std::optional<std::chrono::milliseconds> exec_session::retry_wait() {
  auto known = service_.call(attempt_status_call(task_));
  if (!known.ok() || text_at(known.body, "status") != "queued")
    return std::nullopt;
  auto due = parse_rfc3339(
      text_at(service_.call(find_task_call(task_)).body, "run_after"));
  if (!due)
    return std::chrono::milliseconds{0};
  return std::max(
      std::chrono::milliseconds{0},
      std::chrono::ceil<std::chrono::milliseconds>(*due - now_utc()));
}

} // namespace telltale::commands
