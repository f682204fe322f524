#include "commands/exec/exec_session.hpp"

#include <algorithm>
#include <utility>

#include "commands/exec/exec_rules.hpp"
#include "messages/time.hpp"
#include "messages/uuid.hpp"

namespace telltale::commands {

namespace {

using steady = std::chrono::steady_clock;

/// As the service says, else often enough for any lease. Durations alone: no
/// moment of its clock is compared with one of ours.
std::chrono::milliseconds beat_interval(const boost::json::value& answer) {
  constexpr std::chrono::milliseconds least{1'000};
  constexpr std::chrono::milliseconds most{20'000};
  constexpr std::chrono::milliseconds unsaid{5'000};
  const auto told = number_at(answer, "heartbeat_seconds");
  const auto lease = number_at(answer, "lease_seconds");
  if (!told && !lease)
    return unsaid;
  const std::chrono::milliseconds wanted{told ? *told * 1'000
                                              : *lease * 1'000 / 3};
  return std::clamp(wanted, least, most);
}

/// From the end of the last attempt to when the next is due, by the service's
/// clock alone.
std::chrono::milliseconds service_delay(const boost::json::value& task) {
  auto due = parse_rfc3339(text_at(task, "run_after"));
  const auto& attempts = text::array_at(task, "attempts");
  if (!due || attempts.empty())
    return {};
  auto ended = parse_rfc3339(text_at(attempts.back(), "ended_at"));
  if (!ended || *due < *ended)
    return {};
  return std::chrono::ceil<std::chrono::milliseconds>(*due - *ended);
}

bool names_task(const boost::json::value& answer, const std::string& task) {
  const auto& stop = text::array_at(answer, "stop");
  return std::any_of(stop.begin(), stop.end(), [&](const auto& one) {
    const auto* text = one.if_string();
    return text && std::string_view{text->data(), text->size()} == task;
  });
}

/// An older service does not say.
bool tells_nobody(const boost::json::value& answer) {
  const auto* object = answer.if_object();
  const auto* tells = object ? object->if_contains("tells") : nullptr;
  return tells && tells->is_array() && tells->get_array().empty();
}

} // namespace

exec_session::exec_session(runner_client& service, const report_spool& spool,
                           boost::json::object task, std::string runner,
                           notices tell)
    : service_(service), spool_(spool), description_(std::move(task)),
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
  body["dispatch"] = true;
  body["run_after"] = format_rfc3339(now_utc() + std::chrono::seconds{30});
  auto answer =
      service_.call(create_task_call(std::move(body), idempotency_key_));
  auto id = text_at(answer.body, "id");
  if (!answer.ok() || id.empty()) {
    if (answer.ok())
      answer.trouble = "the answer names no task";
    return trouble(answer, "cannot create a task");
  }
  token_ = text_at(answer.body, "token");
  if (tells_nobody(answer.body))
    tell_.warn("nobody would be told of a failure of this run; --chat-session "
               "names a chat session that is bound to a chat");
  std::lock_guard hold{guard_};
  task_ = std::move(id);
  stage_ = stage::start;
  wait_ = std::chrono::milliseconds{0};
}

service_call exec_session::as_attempt(service_call what) const {
  if (!token_.empty()) {
    what.who = caller::attempt;
    what.token = token_;
  }
  return what;
}

service_answer exec_session::ask(service_call what) {
  return service_.call(as_attempt(std::move(what)));
}

bool exec_session::take_next_attempt() {
  auto answer = service_.call(next_attempt_call(task_));
  auto number = number_at(answer.body, "attempt");
  if (!answer.ok() || !number || *number < 1) {
    trouble(answer, "cannot begin the next attempt");
    return false;
  }
  token_ = text_at(answer.body, "token");
  attempt_ = static_cast<std::uint32_t>(*number);
  return true;
}

void exec_session::start() {
  // A task that is ours to start has its attempts begun by us.
  if (!token_.empty() && is_over_ && !take_next_attempt())
    return;
  is_over_ = false;
  wire_report report;
  report.status = "running";
  report.runner = runner_;
  auto answer = ask(report_call(task_, report));
  if (!answer.ok())
    return trouble(answer, "cannot report the start");
  // The number of the attempt fences our reports against a later one's.
  auto known = ask(attempt_status_call(task_));
  if (auto number = number_at(known.body, "attempt");
      known.ok() && number && *number > 0
      && text_at(known.body, "status") == "running")
    attempt_ = static_cast<std::uint32_t>(*number);
  stage_ = stage::beat;
  failures_ = 0;
  wait_ = std::chrono::milliseconds{0};
}

void exec_session::beat() {
  auto answer = ask(heartbeat_call(runner_, {{task_, attempt_.value_or(1)}}));
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
  send_spooled();
}

void exec_session::send_spooled() {
  // The service is there: what it missed is told, once a run.
  if (std::exchange(has_flushed_, true))
    return;
  auto done = spool_.send(service_);
  if (done.refused > 0)
    tell_.warn("the service refused " + std::to_string(done.refused)
               + " reports that were kept on disk: " + done.trouble);
}

bool exec_session::try_report(const wire_report& report, bool& is_final) {
  auto answer = ask(report_call(task_, report));
  if (answer.status == 400) {
    // What else was written to a connection may have spoiled it.
    runner_client fresh{service_.where(), service_.options()};
    answer = fresh.call(as_attempt(report_call(task_, report)));
  }
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

void exec_session::keep_on_disk(const wire_report& report) {
  if (!kept_.empty() || !spool_.keeps())
    return;
  spooled_report what;
  what.server = service_.where().url;
  what.task = task_;
  what.token = token_;
  what.report = *report_call(task_, report).body;
  if (task_.empty()) {
    what.creation = description_;
    what.creation["dispatch"] = true;
    what.idempotency_key = idempotency_key_;
  }
  std::string trouble;
  kept_ = spool_.put(what, trouble);
  if (kept_.empty())
    tell_.warn("the report cannot be kept: " + trouble);
}

exec_session::reported
exec_session::finish(wire_report report, std::chrono::milliseconds patience) {
  halt();
  kept_.clear();
  auto was_known = stage_ != stage::create;
  if (stage_ == stage::create)
    step();
  report.attempt = attempt_;
  report.runner = runner_;
  const auto was_refused = stage_ == stage::given_up;
  if (task_.empty()) {
    if (!was_refused)
      keep_on_disk(report);
    return kept_.empty() ? reported::no : reported::later;
  }
  auto deadline = steady::now() + patience;
  for (unsigned tries = 0;; ++tries) {
    auto is_final = false;
    wait_ = backoff(tries);
    if (try_report(report, is_final)) {
      report_spool::drop(kept_);
      is_over_ = true;
      reported_at_ = steady::now();
      send_spooled();
      return reported::yes;
    }
    if (is_final) {
      report_spool::drop(kept_);
      return reported::no;
    }
    // Before the wait: whoever ends us meanwhile loses nothing.
    keep_on_disk(report);
    if (!was_known || steady::now() + wait_ > deadline)
      return kept_.empty() ? reported::no : reported::later;
    std::this_thread::sleep_for(wait_);
  }
}

std::optional<std::chrono::milliseconds> exec_session::retry_wait() {
  auto known = ask(attempt_status_call(task_));
  if (!known.ok() || text_at(known.body, "status") != "queued")
    return std::nullopt;
  const auto since_then = std::chrono::duration_cast<std::chrono::milliseconds>(
      steady::now() - reported_at_);
  return std::max(std::chrono::milliseconds{0},
                  service_delay(service_.call(find_task_call(task_)).body)
                      - since_then);
}

} // namespace telltale::commands
