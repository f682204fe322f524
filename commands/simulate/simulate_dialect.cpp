#include "commands/simulate/simulate_dialect.hpp"

#include <array>
#include <utility>

#include <boost/json/array.hpp>

#include "commands/exec/exec_rules.hpp"
#include "text/percent.hpp"

namespace telltale::commands {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr unsigned most_tries = 8;
constexpr std::array daemon_waits{4s, 8s, 16s, 32s, 64s};
constexpr auto replay_every = 30s;

service_call post(std::string path, json::object body) {
  service_call call;
  call.method = "POST";
  call.path = std::move(path);
  call.body = std::move(body);
  call.may_repeat = true;
  return call;
}

std::string of_run(std::string_view run, const char* what) {
  return "/api/daemon/tasks/" + text::percent_encode(run) + "/" + what;
}

std::string of_task(std::string_view task, const std::string& what = {}) {
  return "/internal/tasks/" + text::percent_encode(task) + what;
}

service_call by_attempt(service_call call, std::string token) {
  call.who = caller::attempt;
  call.token = std::move(token);
  return call;
}

} // namespace

std::optional<dialect> parse_dialect(std::string_view text) {
  if (text == "native")
    return dialect::native;
  if (text == "daemon")
    return dialect::daemon;
  if (text == "job")
    return dialect::job;
  return std::nullopt;
}

behaviour as_played(dialect by, behaviour what) noexcept {
  if (by != dialect::daemon)
    return what;
  // It says what it left, and nothing else.
  if (what == behaviour::clean || what == behaviour::noop_by_detail
      || what == behaviour::unverified)
    return behaviour::silent_noop;
  return what == behaviour::timed_out ? behaviour::crash : what;
}

expectation expected_by(dialect by, behaviour what, std::uint64_t n) {
  auto wanted = expected_of(as_played(by, what), n);
  if (by == dialect::daemon && as_played(by, what) == behaviour::silent_noop)
    wanted.marker.clear();
  return wanted;
}

std::optional<std::chrono::milliseconds> next_try(dialect by, insistence how,
                                                  unsigned tries_made) {
  if (by == dialect::job)
    return std::nullopt;
  if (by == dialect::daemon && how == insistence::terminal)
    return tries_made < daemon_waits.size() ? daemon_waits[tries_made]
                                            : replay_every;
  if (tries_made >= most_tries)
    return std::nullopt;
  return backoff(tries_made);
}

bool ends_replay(const service_answer& answer) {
  if (answer.ok() || answer.status == 400 || answer.status == 403)
    return true;
  return answer.status == 404
         && text_at(answer.body, "title").find("task not found")
                != std::string::npos;
}

bool replays_taken(std::uint64_t n) noexcept {
  return scramble(n, 61) % 10 < 3;
}

service_call daemon_register_call(std::string_view daemon,
                                  std::string_view provider) {
  return post("/api/daemon/register",
              {{"workspace_id", "default"},
               {"daemon_id", daemon},
               {"device_name", daemon},
               {"cli_version", "simulated"},
               {"launched_by", "simulate"},
               {"runtimes", json::array{json::object{{"name", provider},
                                                     {"type", provider},
                                                     {"version", "1"},
                                                     {"status", "online"}}}}});
}

service_call daemon_claim_call(std::string_view daemon,
                               std::string_view runtime) {
  auto call = post("/api/daemon/tasks/claim",
                   {{"daemon_id", daemon},
                    {"runtime_ids", json::array{json::value(runtime)}},
                    {"max_tasks", 1}});
  call.timeout = 5s;
  call.may_repeat = false;
  return call;
}

service_call daemon_start_call(std::string_view run) {
  auto call = post(of_run(run, "start"), {});
  call.may_repeat = false; // a second one is refused
  return call;
}

service_call daemon_progress_call(std::string_view run) {
  return post(of_run(run, "progress"),
              {{"summary", "working"}, {"step", 1}, {"total", 2}});
}

service_call daemon_end_call(std::string_view run, const wire_report& how) {
  if (how.status == "succeeded") {
    const bool left_something = how.posted.value_or(0) > 0;
    return post(of_run(run, "complete"),
                {{"output", left_something ? "done" : ""}});
  }
  json::object body{{"error", how.detail}};
  if (!how.failure_reason.empty())
    body["failure_reason"] = how.failure_reason;
  return post(of_run(run, "fail"), std::move(body));
}

service_call daemon_beat_call(std::string_view runtime) {
  return post("/api/daemon/heartbeat",
              {{"runtime_id", runtime}, {"supports_batch_import", true}});
}

service_call daemon_status_call(std::string_view run) {
  service_call call;
  call.path = of_run(run, "status");
  return call;
}

service_call job_context_call(std::string_view task, std::string token) {
  service_call call;
  call.path = of_task(task);
  return by_attempt(std::move(call), std::move(token));
}

service_call job_status_call(std::string_view task, std::string token) {
  service_call call;
  call.path = of_task(task, "/status");
  return by_attempt(std::move(call), std::move(token));
}

service_call job_produced_call(std::string_view task, std::string token,
                               std::int64_t things) {
  json::array comments;
  for (std::int64_t i = 0; i < things; ++i)
    comments.push_back(json::object{{"body", "finding"}, {"line", i + 1}});
  return by_attempt(
      post(of_task(task, "/review/finalize"),
           {{"outcome", "finished"}, {"comments", std::move(comments)}}),
      std::move(token));
}

service_call job_begin_call(std::string_view task) {
  auto call = post(of_task(task, "/attempts"), {});
  call.who = caller::operating;
  return call;
}

} // namespace telltale::commands
