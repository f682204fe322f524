#include "commands/simulate/simulate_fleet.hpp"

#include <iostream>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "messages/uuid.hpp"

namespace telltale::commands {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t most_creating = 16;
constexpr std::uint32_t most_checking = 32;
constexpr std::size_t most_sentences = 20;
constexpr auto claim_wait = 5s;

http::client_options connection_options(const simulation_options& options) {
  http::client_options out;
  out.max_idle_per_host =
      std::size_t{options.runners} * 2 + most_creating + most_checking;
  return out;
}

std::string title_for(behaviour what, std::uint64_t n) {
  constexpr std::string_view subjects[] = {
      "the parser's error recovery", "the retry policy", "the login page",
      "the nightly import",          "the rate limiter", "the search index"};
  return "Review of " + std::string{subjects[n % std::size(subjects)]} + " #"
         + std::to_string(n + 1) + " (" + std::string{name_of(what)} + ")";
}

} // namespace

fleet::fleet(const simulation_options& options, simulation_result& result)
    : options_(options), result_(result),
      run_(to_string(make_uuid_v7()).substr(24)),
      kind_(options.kind.empty() ? "simulated-" + run_ : options.kind),
      client_(options.service, connection_options(options)) {
  runners_.resize(options.runners);
  for (std::size_t i = 0; i < runners_.size(); ++i)
    rename(runners_[i], i);
}

void fleet::rename(runner& one, std::size_t at) const {
  one.name = "simulated-" + run_ + "-" + std::to_string(at + 1);
  if (one.incarnation > 0)
    one.name += "-" + std::to_string(one.incarnation + 1);
}

void fleet::run() {
  began_ = agenda::clock::now();
  create_due();
  for (std::size_t i = 0; i < runners_.size(); ++i) {
    if (options_.speaks == dialect::daemon)
      register_daemon(i);
    else
      claim(i);
    agenda_.after(options_.beat, [this, i] { beat(i); });
  }
  show_progress();
  auto last_creation = began_ + options_.spread;
  agenda_.run([&] {
    auto is_late = agenda::clock::now() > last_creation + options_.patience
                   && asked_ >= options_.tasks && creating_ == 0;
    return (all_told() && creating_ == 0) || is_late;
  });
  is_closing_ = true;
  result_.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      agenda::clock::now() - began_);
  for (const auto& [id, task] : tasks_) {
    if (task.is_told)
      to_check_.push_back(id);
    else if (task.is_silent)
      ++result_.unsettled;
    else
      trouble("task " + id + " (" + std::string{name_of(task.what)}
              + ") did not come to its end");
  }
  while (checking_ < most_checking && !to_check_.empty())
    check_next();
  agenda_.run([&] { return to_check_.empty() && checking_ == 0; });
  if (options_.shows_progress)
    std::cerr << "\r\033[K" << std::flush;
}

void fleet::trouble(const std::string& what) {
  if (result_.troubles.size() < most_sentences)
    result_.troubles.push_back(what);
}

void fleet::call(std::string kind, service_call what, on_answer then,
                 insistence how, unsigned tries) {
  auto sent = agenda::clock::now();
  client_.send(what, [this, kind, what, then, how, tries,
                      sent](service_answer answer) {
    auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        agenda::clock::now() - sent);
    agenda_.post([=, this, answer = std::move(answer)] {
      if (answer.ok())
        result_.calls[kind].all.push_back(took);
      const bool has_outbox =
          options_.speaks == dialect::daemon && how == insistence::terminal;
      const auto wait = next_try(options_.speaks, how, tries);
      if (!wait || (has_outbox && is_closing_)
          || (has_outbox ? ends_replay(answer) : !answer.is_worth_a_retry()))
        return then(answer);
      if (answer.status != 0)
        ++result_.pushed_back;
      agenda_.after(answer.retry_after && !has_outbox
                        ? std::chrono::milliseconds{*answer.retry_after}
                        : *wait,
                    [=, this] { call(kind, what, then, how, tries + 1); });
    });
  });
}

void fleet::create_due() {
  auto gone = agenda::clock::now() - began_;
  auto due = options_.tasks;
  if (options_.spread > 0s && gone < options_.spread)
    due = static_cast<std::uint64_t>(
        static_cast<double>(options_.tasks)
        * std::chrono::duration<double>(gone).count()
        / std::chrono::duration<double>(options_.spread).count());
  while (asked_ < due && creating_ < most_creating)
    create_one();
  if (asked_ < options_.tasks)
    agenda_.after(10ms, [this] { create_due(); });
}

void fleet::create_one() {
  auto n = asked_++;
  ++creating_;
  auto what = behaviour_of(n);
  const json::object marks{{"simulated", n}, {"run", run_}};
  json::object body{{"kind", kind_},
                    {"title", title_for(what, n)},
                    {"max_attempts", attempts_of(what)},
                    {"input", marks}};
  if (options_.speaks == dialect::daemon)
    body["input"] = json::object{{"daemon", marks}};
  if (options_.speaks == dialect::job)
    body["dispatch"] = true;
  if (!options_.chat_session.empty())
    body["chat_session_id"] = options_.chat_session;
  call("create",
       create_task_call(std::move(body), run_ + "-" + std::to_string(n)),
       [this, n](const service_answer& answer) { on_created(n, answer); });
}

void fleet::on_created(std::uint64_t n, const service_answer& answer) {
  --creating_;
  auto id = text_at(answer.body, "id");
  if (!answer.ok() || id.empty()) {
    ++failed_;
    return trouble("create: " + answer.trouble);
  }
  auto what = behaviour_of(n);
  if (options_.speaks == dialect::job)
    jobs_.push_back({id, text_at(answer.body, "token"), n, 1});
  // A runner may have had it before the answer came.
  auto& task = tasks_[id];
  task.what = what;
  task.n = n;
  ++result_.created;
  ++result_.made[std::string{name_of(what)}];
}

void fleet::claim(std::size_t at) {
  if (is_closing_)
    return;
  auto& by = runners_[at];
  by.task.clear();
  if (options_.speaks == dialect::job)
    return take_job(at);
  if (options_.speaks == dialect::daemon)
    return call("claim", daemon_claim_call(by.name, by.runtime),
                [this, at](const service_answer& answer) {
                  on_daemon_claimed(at, answer);
                });
  call("claim", claim_call(by.name, kind_, 1, claim_wait),
       [this, at](const service_answer& answer) { on_claimed(at, answer); });
}

void fleet::on_claimed(std::size_t at, const service_answer& answer) {
  if (!answer.ok()) {
    trouble("claim: " + answer.trouble);
    return agenda_.after(1s, [this, at] { claim(at); });
  }
  const auto& tasks = text::array_at(answer.body, "tasks");
  if (tasks.empty())
    return claim(at);
  const auto& task = tasks.front();
  const auto& input = text::object_at(task, "input");
  const auto n = number_at(input, "simulated");
  auto& by = runners_[at];
  by.task = text_at(task, "task_id");
  by.token = text_at(task, "token");
  by.attempt =
      static_cast<std::uint32_t>(number_at(task, "attempt").value_or(1));
  if (!n || *n < 0 || text_at(input, "run") != run_) {
    trouble("claim: task " + by.task + " is none of this simulation's");
    return claim(at);
  }
  by.n = static_cast<std::uint64_t>(*n);
  by.script = script_of(options_.mix, behaviour_of(by.n), by.n, by.attempt);
  if (!is_closing_)
    work(at);
}

service_call fleet::report_of(const runner& by, wire_report what) const {
  what.attempt = by.attempt;
  what.runner = by.name;
  auto out = report_call(by.task, what);
  if (!by.token.empty()) {
    out.who = caller::attempt;
    out.token = by.token;
  }
  return out;
}

void fleet::work(std::size_t at) {
  wire_report running;
  running.status = "running";
  const auto& by = runners_[at];
  call("report running",
       options_.speaks == dialect::daemon ? daemon_start_call(by.attempt_id)
                                          : report_of(by, running),
       [this, at](const service_answer& answer) { on_started(at, answer); });
}

void fleet::on_started(std::size_t at, const service_answer& answer) {
  auto& by = runners_[at];
  if (!answer.ok()) {
    trouble("report running of " + by.task + ": " + answer.trouble);
    return claim(at);
  }
  agenda_.after(by.script.work, [this, at] {
    if (runners_[at].script.falls_silent)
      fall_silent(at);
    else
      finish(at);
  });
}

void fleet::finish(std::size_t at) {
  auto& by = runners_[at];
  if (options_.speaks == dialect::daemon)
    return end_daemon_run(at);
  if (options_.speaks == dialect::job)
    return end_job(at);
  if (!by.script.posts)
    return settle(at);
  by.script.posts = false;
  wire_report posting;
  posting.status = "posting_result";
  call("report posting", report_of(by, posting),
       [this, at](const service_answer& answer) {
         if (!answer.ok())
           trouble("report posting of " + runners_[at].task + ": "
                   + answer.trouble);
         settle(at);
       });
}

void fleet::settle(std::size_t at) {
  auto& by = runners_[at];
  call("report end", report_of(by, by.script.last),
       [this, at](const service_answer& answer) {
         auto& again = runners_[at];
         if (!answer.ok())
           trouble("report end of " + again.task + ": " + answer.trouble);
         else if (again.attempt >= attempts_of(behaviour_of(again.n)))
           told(again.task);
         claim(at);
       });
}

void fleet::fall_silent(std::size_t at) {
  auto& by = runners_[at];
  tasks_[by.task].is_silent = true;
  watch_silent(by.task, by.attempt, by.token, by.n);
  // The silent runner is gone for good; another takes its place.
  ++by.incarnation;
  rename(by, at);
  if (options_.speaks == dialect::daemon)
    register_daemon(at);
  else
    claim(at);
}

void fleet::watch_silent(std::string task, std::uint32_t attempt,
                         std::string token, std::uint64_t n) {
  if (is_closing_)
    return;
  call("status", attempt_status_call(task), [=, this](const auto& answer) {
    auto status = text_at(answer.body, "status");
    if (status != "failed" && status != "timed_out")
      return agenda_.after(
          500ms, [=, this] { watch_silent(task, attempt, token, n); });
    if (behaviour_of(n) == behaviour::late_success)
      return report_late(task, attempt, token, n);
    told(task);
  });
}

void fleet::report_late(const std::string& task, std::uint32_t attempt,
                        const std::string& token, std::uint64_t n) {
  runner late;
  late.name = "simulated-" + run_ + "-late";
  late.task = task;
  late.attempt = attempt;
  late.token = token;
  auto script = script_of(options_.mix, behaviour::late_success, n, attempt);
  auto what = report_of(late, script.last);
  // The attempt's own token has ended with its lease.
  what.who = caller::runner;
  if (options_.speaks == dialect::daemon)
    what = daemon_end_call(task, script.last);
  call("report late", what, [this, task](const service_answer& answer) {
    if (!answer.ok())
      trouble("report late of " + task + ": " + answer.trouble);
    told(task);
  });
}

void fleet::beat(std::size_t at) {
  if (is_closing_)
    return;
  agenda_.after(options_.beat, [this, at] { beat(at); });
  if (options_.speaks != dialect::native)
    return beat_otherwise(at);
  auto& by = runners_[at];
  std::vector<held_task> held;
  if (!by.task.empty())
    held.push_back({by.task, by.attempt});
  call("heartbeat", heartbeat_call(by.name, held),
       [this](const service_answer& answer) {
         if (!answer.ok())
           trouble("heartbeat: " + answer.trouble);
       });
}

void fleet::told(const std::string& task) {
  auto& one = tasks_[task];
  if (!one.is_told)
    ++told_;
  one.is_told = true;
}

bool fleet::all_told() const {
  return asked_ >= options_.tasks && told_ + failed_ >= options_.tasks;
}

void fleet::check_next() {
  if (to_check_.empty())
    return;
  auto task = to_check_.front();
  to_check_.pop_front();
  ++checking_;
  call("read", find_task_call(task),
       [this, task](const service_answer& answer) {
         --checking_;
         on_checked(task, answer);
         check_next();
       });
}

void fleet::on_checked(const std::string& task, const service_answer& answer) {
  if (!answer.ok())
    return trouble("read " + task + ": " + answer.trouble);
  ++result_.checked;
  const auto& one = tasks_[task];
  auto raw = json::serialize(answer.body);
  for (const auto& sentence : disagreements(
           expected_by(options_.speaks, one.what, one.n), answer.body, raw))
    if (result_.lies.size() < most_sentences)
      result_.lies.push_back("task " + task + " ("
                             + std::string{name_of(one.what)}
                             + "): " + sentence);
}

void fleet::show_progress() {
  if (!options_.shows_progress || is_closing_)
    return;
  constexpr std::uint64_t width = 40;
  auto filled = options_.tasks == 0 ? 0 : told_ * width / options_.tasks;
  std::string bar(filled, '#');
  bar.resize(width, '.');
  std::cerr << "\r[" << bar << "] " << told_ << "/" << options_.tasks
            << " settled, " << result_.created << " created\033[K"
            << std::flush;
  agenda_.after(200ms, [this] { show_progress(); });
}

} // namespace telltale::commands
