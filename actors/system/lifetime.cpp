#include "actors/system/lifetime.hpp"

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>
#include <sysexits.h>

#include "actors/gateway/edge/edge.hpp"
#include "actors/persistence/embedded/interrupted.hpp"
#include "actors/system/database.hpp"
#include "actors/system/logging.hpp"
#include "actors/system/service.hpp"
#include "actors/system/start_failure.hpp"
#include "config/changes.hpp"

namespace telltale {

namespace {

using namespace std::chrono_literals;

/// A start that takes longer tells what it waits for, this often.
constexpr auto start_word = 10s;
/// Before the end of the stop the main thread gives up on the other one, to
/// kill the cluster and write the last lines.
constexpr auto last_share = 1'000ms;
/// Before that, the embedded database has its time to end.
constexpr auto database_share = 1'300ms;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

} // namespace

lifetime::lifetime(config::settings settings, config::load_request source,
                   const signal_gate& signals)
    : settings_(std::move(settings)), first_(settings_),
      source_(std::move(source)), signals_(signals),
      fatal_(std::make_shared<fatal_mailbox>(signals)) {}

lifetime::~lifetime() {
  if (thread_.joinable())
    thread_.detach(); // only on the way to `_exit`
}

// --- the main thread ---------------------------------------------------------

ending lifetime::run() {
  thread_ = std::thread{[this] { live(); }};
  auto next_word = clock::now() + start_word;
  for (;;) {
    std::optional<clock::time_point> until;
    {
      const std::scoped_lock lock{guard_};
      if (ending_)
        break;
      if (stopping_.stop_requested())
        until = stop_by_ - last_share;
      else if (!started_)
        until = next_word;
    }
    const auto what = signals_.wait(until);
    if (!what) {
      if (stopping_.stop_requested())
        return cut_short();
      tell_what_start_waits_for();
      next_word = clock::now() + start_word;
      continue;
    }
    switch (*what) {
    case process_signal::stop:
      begin_stop();
      break;
    case process_signal::reload:
      post(errand::reload);
      break;
    case process_signal::child:
      post(errand::child);
      break;
    case process_signal::notice:
      on_notice();
      break;
    }
  }
  const std::scoped_lock lock{guard_};
  if (!ending_->abrupt)
    thread_.join();
  return *ending_;
}

void lifetime::begin_stop() {
  if (stopping_.stop_requested())
    return;
  {
    const std::scoped_lock lock{guard_};
    const auto drain = started_ ? first_.http.drain_timeout : 0ms;
    stop_by_ = clock::now() + drain + stop_allowance;
    if (!started_)
      spdlog::info("stopping before the start is over: {}", step_);
  }
  stopping_.request_stop();
  post(errand::stop);
}

void lifetime::on_notice() {
  const auto fatal = fatal_->read();
  if (fatal.empty() || stopping_.stop_requested())
    return;
  spdlog::critical("giving up: {}", fatal);
  begin_stop();
}

ending lifetime::cut_short() {
  spdlog::critical("stopped without waiting any longer for: {}; what it held "
                   "and had not committed is taken up again by runners and by "
                   "the next start",
                   step());
  if (first_.database.mode == "embedded"
      && kill_embedded_postgres(first_.database.data_dir) > 0)
    spdlog::warn("the embedded database was killed; it recovers at its next "
                 "start");
  return {EX_TEMPFAIL, true};
}

void lifetime::tell_what_start_waits_for() {
  spdlog::info("the start still waits for: {}", step());
}

void lifetime::post(errand what) {
  {
    const std::scoped_lock lock{guard_};
    if (std::find(errands_.begin(), errands_.end(), what) == errands_.end())
      errands_.push_back(what);
  }
  news_.notify_one();
}

std::string lifetime::step() const {
  const std::scoped_lock lock{guard_};
  return step_;
}

// --- the other thread --------------------------------------------------------

void lifetime::enter(std::string step) {
  const std::scoped_lock lock{guard_};
  step_ = std::move(step);
}

std::chrono::milliseconds
lifetime::left(std::chrono::milliseconds share) const {
  return std::max(0ms, std::chrono::floor<std::chrono::milliseconds>(
                           stop_by_ - share - clock::now()));
}

void lifetime::live() {
  ending how;
  try {
    how.code = start_and_serve();
    how.abrupt = how.code == EX_TEMPFAIL;
  } catch (const interrupted&) {
    spdlog::info("stopped");
  } catch (...) {
    auto failure = explain_start_failure(std::current_exception(), step());
    spdlog::critical("{}", failure.text);
    how.code = failure.code;
  }
  if (!fatal_->read().empty())
    how.code = EX_SOFTWARE;
  const std::scoped_lock lock{guard_};
  ending_ = how;
  signals_.notify();
}

int lifetime::start_and_serve() {
  const auto stop_token = stopping_.get_token();
  enter("the configuration");
  if (const auto wrong = service::objections(settings_); !wrong.empty())
    throw configuration_error{joined(wrong)};
  enter("the address " + settings_.http.listen);
  auto bound = bind_edge(settings_.http);
  const bool embedded = settings_.database.mode == "embedded";
  enter(embedded ? "the embedded database in " + settings_.database.data_dir
                 : "the database of database.url");
  service_database store{settings_, stop_token};
  enter("the migrations of the database");
  migrate_patiently(store.url(), embedded, stop_token);
  throw_if_stopped(stop_token);
  check_connection_room(store.url(), service::connections_needed(settings_));
  enter("the actors");
  auto running = std::make_unique<service>(settings_, store.url(),
                                           std::move(bound), fatal_);
  running->start();
  const auto colon = settings_.http.listen.rfind(':');
  std::printf("telltale is ready at http%s://%s:%u\n",
              settings_.http.tls_certificate.empty() ? "" : "s",
              settings_.http.listen.substr(0, colon).c_str(),
              static_cast<unsigned>(running->port()));
  std::fflush(stdout);
  {
    const std::scoped_lock lock{guard_};
    started_ = true;
  }
  signals_.notify();
  serve(*running, store);
  return stop(std::move(running), store);
}

void lifetime::serve(service& running, service_database& store) {
  while (const auto what = next(store.next_look())) {
    try {
      switch (*what) {
      case errand::stop:
        return;
      case errand::reload:
        enter("a reload");
        reload(running);
        break;
      case errand::child:
        enter("the embedded database");
        store.look_after();
        break;
      }
    } catch (const interrupted&) {
      return;
    }
  }
}

std::optional<lifetime::errand>
lifetime::next(std::optional<clock::time_point> until) {
  std::unique_lock lock{guard_};
  const auto there = [this] { return !errands_.empty(); };
  step_ = "signals";
  if (!until)
    news_.wait(lock, there);
  else if (!news_.wait_until(lock, *until, there))
    return errand::child; // look after it anyway
  // A stop goes before all else.
  const auto first = std::find(errands_.begin(), errands_.end(), errand::stop);
  const auto at = first == errands_.end() ? errands_.begin() : first;
  const auto what = *at;
  errands_.erase(at);
  return what;
}

int lifetime::stop(std::unique_ptr<service> running, service_database& store) {
  spdlog::info("stopping: finishing what was accepted");
  enter("answers that are owed");
  running->drain();
  enter("actors");
  auto late = running->end();
  bool clean = late.empty() && !running->was_cut();
  if (late.empty()) {
    enter("threads of actors and of HTTP clients");
    running.reset();
  }
  enter("the embedded database");
  if (!store.stop(left(database_share))) {
    spdlog::warn("the embedded database did not stop in time and was killed; "
                 "it recovers at its next start");
    clean = false;
  }
  if (!late.empty()) {
    spdlog::critical("stopped without waiting any longer for: {}",
                     joined(late));
    static_cast<void>(running.release()); // others still use it
  }
  if (clean)
    spdlog::info("stopped");
  return clean ? EX_OK : EX_TEMPFAIL;
}

void lifetime::reload(service& running) {
  const auto read = config::load(source_);
  const auto refused = config::refusals(read);
  if (!refused.empty()) {
    for (const auto& each : refused)
      spdlog::error("not reloaded: {}", to_string(each));
    return;
  }
  if (const auto refusal = config::reload_refusal(settings_, read.values)) {
    spdlog::error("not reloaded: {}", *refusal);
    return;
  }
  const auto objections = service::objections(read.values);
  if (!objections.empty()) {
    for (const auto& each : objections)
      spdlog::error("not reloaded: {}", each);
    return;
  }
  const auto report = config::report_reload(settings_, read.values);
  for (const auto& path : report.needs_restart)
    spdlog::warn("{} has changed and needs a restart", path);
  settings_ = config::taken_over(settings_, read.values);
  change_levels(settings_.log);
  running.reload(settings_);
  spdlog::info("configuration reloaded: {} options changed, {} need a restart",
               report.taken_over.size(), report.needs_restart.size());
}

} // namespace telltale
