// libs: telltale_exec telltale_http Boost::json
#define CAF_SUITE integration.exec

#include "commands/exec/exec.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "tests/support/exec_service.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace telltale::commands;
using namespace std::chrono_literals;
namespace json = boost::json;

CAF_TEST_FIXTURE_SCOPE(exec_tests, exec_fixture)

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
