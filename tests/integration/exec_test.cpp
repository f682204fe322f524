// libs: telltale_exec telltale_http Boost::json
#define CAF_SUITE integration.exec

#include "commands/exec/exec.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "http/server.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace telltale::commands;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr auto task_id = "01890000-0000-7000-8000-000000000001";

/// A service that remembers what it was told and answers as it is set to.
class scripted_service {
public:
  scripted_service()
      : server_(
          {},
          [this](http::request&& q, http::exchange_ptr to) {
            to->respond(answer(q));
          },
          [](http::refusal) {
            return http::response{400, {}, ""};
          }) {
    server_.start();
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
  }

  /// The bodies of all reports, in order.
  [[nodiscard]] std::vector<json::object> reports() {
    std::lock_guard hold{guard_};
    return reports_;
  }
  [[nodiscard]] json::object last_report() {
    auto all = reports();
    return all.empty() ? json::object{} : all.back();
  }
  [[nodiscard]] json::object created() {
    std::lock_guard hold{guard_};
    return created_;
  }
  [[nodiscard]] std::string header_of_creation(const std::string& name) {
    std::lock_guard hold{guard_};
    return creation_headers_[name];
  }

  bool stops_the_task = false;
  unsigned creation_status = 201;
  int reports_to_drop = 0;   ///< terminal ones answered 503
  int failures_to_retry = 0; ///< after these the task is queued again

private:
  http::response answer(const http::request& q) {
    std::lock_guard hold{guard_};
    json::object body;
    if (!q.body.empty())
      body = json::parse(q.body).as_object();
    if (q.target == "/tasks")
      return create(q, body);
    if (q.target.ends_with("/heartbeat"))
      return beat();
    if (q.target.ends_with("/status") && q.method == "GET")
      return reply(200, {{"status", status_}, {"attempt", attempt_}});
    if (q.target.ends_with("/status"))
      return report(body);
    return reply(200, {{"run_after", nullptr}});
  }

  http::response create(const http::request& q, json::object body) {
    if (creation_status != 201)
      return reply(creation_status, {{"code", "unauthorized"}});
    created_ = std::move(body);
    for (const auto& one : q.headers)
      creation_headers_[one.name] = one.value;
    return reply(201, {{"id", task_id}});
  }

  http::response beat() {
    json::array stop;
    if (stops_the_task)
      stop.push_back(json::string{task_id});
    return reply(200, {{"lease_expires_at", nullptr}, {"stop", stop}});
  }

  http::response report(json::object body) {
    std::string status{body.at("status").as_string()};
    if (status != "running" && reports_to_drop-- > 0)
      return {503, {}, ""};
    reports_.push_back(std::move(body));
    status_ = status;
    if (status == "running")
      ++attempt_;
    else if (status == "failed" && failures_to_retry-- > 0)
      status_ = "queued";
    return {204, {}, ""};
  }

  static http::response reply(unsigned status, const json::object& body) {
    return {
        status, {{"Content-Type", "application/json"}}, json::serialize(body)};
  }

  std::mutex guard_;
  std::vector<json::object> reports_;
  json::object created_;
  std::map<std::string, std::string> creation_headers_;
  std::string status_ = "queued";
  int attempt_ = 0;
  http::server server_; // last: its threads use the rest
};

/// A file that a run writes to, read back as it is.
class capture {
public:
  capture() : descriptor_(::mkstemp(path_)) {}
  ~capture() {
    ::close(descriptor_);
    ::unlink(path_);
  }
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string text() const {
    std::ifstream file{path_, std::ios::binary};
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }

private:
  char path_[32] = "/tmp/telltale-exec-XXXXXX";
  int descriptor_;
};

struct fixture {
  scripted_service service;
  capture out;
  capture err;

  exec_options shell(const std::string& script) {
    exec_options options;
    options.service.url = service.url();
    options.command_line = {"/bin/sh", "-c", script};
    options.quiet = true;
    options.report_patience = 5s;
    options.grace = 200ms;
    options.out = out.descriptor();
    options.err = err.descriptor();
    return options;
  }
};

std::string text_of(const json::object& from, const char* key) {
  const auto* member = from.if_contains(key);
  return member && member->is_string() ? std::string{member->as_string()} : "";
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(exec_tests, fixture)

CAF_TEST(a success is reported with what it posted) {
  auto options = shell("echo out; echo err >&2");
  options.posted = 1;
  options.title = "Review of a change";
  options.kind = "review";
  options.chat_session = "chat-7";
  options.service.operator_token = "operator-token";
  CAF_CHECK_EQUAL(run_exec(options), 0);
  CAF_CHECK_EQUAL(out.text(), "out\n");
  CAF_CHECK_EQUAL(err.text(), "err\n");
  CAF_CHECK_EQUAL(text_of(service.created(), "kind"), "review");
  CAF_CHECK_EQUAL(text_of(service.created(), "title"), "Review of a change");
  CAF_CHECK_EQUAL(text_of(service.created(), "chat_session_id"), "chat-7");
  CAF_CHECK_EQUAL(service.header_of_creation("Authorization"),
                  "Bearer operator-token");
  CAF_CHECK(!service.header_of_creation("Idempotency-Key").empty());
  auto reports = service.reports();
  CAF_REQUIRE_EQUAL(reports.size(), 2u);
  CAF_CHECK_EQUAL(text_of(reports[0], "status"), "running");
  CAF_CHECK_EQUAL(text_of(reports[1], "status"), "succeeded");
  CAF_CHECK_EQUAL(reports[1].at("posted").to_number<int>(), 1);
  CAF_CHECK_EQUAL(reports[1].at("attempt").to_number<int>(), 1);
}

CAF_TEST(a failure brings its last words and its exit code) {
  CAF_CHECK_EQUAL(run_exec(shell("echo half done; "
                                 "echo 'dial tcp: connection refused' >&2; "
                                 "exit 3")),
                  3);
  auto report = service.last_report();
  CAF_CHECK_EQUAL(text_of(report, "status"), "failed");
  CAF_CHECK_EQUAL(text_of(report, "detail"),
                  "dial tcp: connection refused\nhalf done\nexit status 3");
  CAF_CHECK(!report.contains("failure_reason"));
}

CAF_TEST(a missing program is told as such) {
  auto options = shell("");
  options.command_line = {"/no/such/reviewer"};
  CAF_CHECK_EQUAL(run_exec(options), 127);
  auto report = service.last_report();
  CAF_CHECK_EQUAL(text_of(report, "failure_reason"),
                  "agent_error.runtime_missing_executable");
  CAF_CHECK_EQUAL(text_of(report, "detail"),
                  "executable file not found: /no/such/reviewer");
}

CAF_TEST(a crash names its signal) {
  CAF_CHECK_EQUAL(run_exec(shell("kill -SEGV $$")), 128 + SIGSEGV);
  CAF_CHECK_EQUAL(text_of(service.last_report(), "failure_reason"),
                  "agent_error.process_failure");
  CAF_CHECK_EQUAL(text_of(service.last_report(), "detail"),
                  "killed by signal 11 (SIGSEGV)");
}

CAF_TEST(a timeout ends even a command that ignores the signal) {
  auto options = shell("trap '' TERM; echo started; while :; do :; done");
  options.timeout = 300ms;
  CAF_CHECK_EQUAL(run_exec(options), 124);
  auto report = service.last_report();
  CAF_CHECK_EQUAL(text_of(report, "status"), "timed_out");
  CAF_CHECK_EQUAL(text_of(report, "failure_reason"), "timeout");
  CAF_CHECK_EQUAL(text_of(report, "detail"), "started\ntimed out after 300ms");
}

CAF_TEST(a heartbeat that says stop ends the command) {
  service.stops_the_task = true;
  CAF_CHECK_EQUAL(run_exec(shell("sleep 60")), 128 + SIGTERM);
  CAF_CHECK_EQUAL(text_of(service.last_report(), "status"), "cancelled");
}

CAF_TEST(a signal goes to the command which decides what it means) {
  int ends[2];
  CAF_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC), 0);
  auto options = shell("trap 'exit 5' TERM; echo ready; "
                       "while :; do sleep 0.05; done");
  options.out = ends[1];
  std::thread sender{[&] {
    char byte = 0;
    while (::read(ends[0], &byte, 1) == 1 && byte != '\n') {
    }
    ::kill(::getpid(), SIGTERM);
  }};
  CAF_CHECK_EQUAL(run_exec(options), 5);
  sender.join();
  ::close(ends[0]);
  ::close(ends[1]);
  // The shell may say that its sleep was ended too.
  CAF_CHECK(text_of(service.last_report(), "detail")
                .ends_with("ready\nexit status 5"));
}

CAF_TEST(a service that is away changes nothing but one warning) {
  auto options = shell("echo out; exit 9");
  {
    scripted_service gone;
    options.service.url = gone.url();
  }
  CAF_CHECK_EQUAL(run_exec(options), 9);
  CAF_CHECK_EQUAL(out.text(), "out\n");
  auto said = err.text();
  CAF_CHECK(said.find("warning: cannot create a task") != std::string::npos);
  CAF_CHECK_EQUAL(std::count(said.begin(), said.end(), '\n'), 1);
}

CAF_TEST(a service that refuses the task changes nothing but one warning) {
  service.creation_status = 401;
  CAF_CHECK_EQUAL(run_exec(shell("exit 4")), 4);
  CAF_CHECK(err.text().find("HTTP 401 unauthorized") != std::string::npos);
  CAF_CHECK(service.reports().empty());
}

CAF_TEST(the end is reported again until the service takes it) {
  service.reports_to_drop = 2;
  CAF_CHECK_EQUAL(run_exec(shell("exit 6")), 6);
  CAF_CHECK_EQUAL(text_of(service.last_report(), "status"), "failed");
}

CAF_TEST(a failure that the service wants tried again is tried again) {
  service.failures_to_retry = 1;
  auto options = shell("echo try; exit 1");
  options.max_attempts = 3;
  CAF_CHECK_EQUAL(run_exec(options), 1);
  CAF_CHECK_EQUAL(out.text(), "try\ntry\n");
  auto reports = service.reports();
  CAF_REQUIRE_EQUAL(reports.size(), 4u);
  CAF_CHECK_EQUAL(reports[3].at("attempt").to_number<int>(), 2);
}

CAF_TEST(lines that match are counted as posted) {
  auto options = shell("echo Posted comment 1; echo other; "
                       "echo posted nothing >&2; printf 'Posted comment 2'");
  options.posted_if = "^Posted comment";
  CAF_CHECK_EQUAL(run_exec(options), 0);
  CAF_CHECK_EQUAL(service.last_report().at("posted").to_number<int>(), 2);
}

CAF_TEST(output of any bytes and size arrives unchanged) {
  auto options = shell("head -c 3000000 /dev/urandom | tee \"$COPY\"");
  capture copy;
  std::string path = "/proc/self/fd/" + std::to_string(copy.descriptor());
  std::array<char, 256> target{};
  auto length = ::readlink(path.c_str(), target.data(), target.size());
  CAF_REQUIRE(length > 0);
  ::setenv("COPY",
           std::string(target.data(), static_cast<std::size_t>(length)).c_str(),
           1);
  CAF_CHECK_EQUAL(run_exec(options), 0);
  CAF_CHECK_EQUAL(out.text().size(), 3'000'000u);
  CAF_CHECK(out.text() == copy.text());
}

CAF_TEST(a command whose output nobody reads ends as it would alone) {
  int ends[2];
  CAF_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  auto options = shell("");
  options.command_line = {"yes"};
  options.out = ends[1];
  CAF_CHECK_EQUAL(run_exec(options), 128 + SIGPIPE);
  ::close(ends[1]);
}

CAF_TEST(a process left behind with the output open is not waited for) {
  CAF_CHECK_EQUAL(run_exec(shell("echo done; sleep 30 & exit 0")), 0);
  CAF_CHECK_EQUAL(out.text(), "done\n");
}

CAF_TEST(the command inherits its task and none of our tokens) {
  ::setenv("MY_TOKEN", "do-not-pass-on", 1);
  auto options = shell("echo \"${MY_TOKEN-none} $TELLTALE_TASK_ID\"");
  options.withheld = {"MY_TOKEN"};
  CAF_CHECK_EQUAL(run_exec(options), 0);
  CAF_CHECK_EQUAL(out.text(), std::string{"none "} + task_id + "\n");
}

CAF_TEST(what is secret here is masked before it leaves) {
  auto options = shell("echo password hunter22 >&2; exit 1");
  options.mask = [](std::string_view text) {
    std::string safe{text};
    if (auto at = safe.find("hunter22"); at != std::string::npos)
      safe.replace(at, 8, "***");
    return safe;
  };
  CAF_CHECK_EQUAL(run_exec(options), 1);
  CAF_CHECK_EQUAL(text_of(service.last_report(), "detail"),
                  "password ***\nexit status 1");
  CAF_CHECK(text_of(service.created(), "title").find("hunter22")
            == std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
