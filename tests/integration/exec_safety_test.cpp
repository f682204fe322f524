// libs: telltale_exec telltale_http Boost::json
#define CAF_SUITE integration.exec_safety

#include <chrono>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

#include "commands/exec/exec_spool.hpp"
#include "tests/support/exec_service.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace telltale::commands;
namespace fs = std::filesystem;

namespace {

struct fixture : exec_fixture {
  std::string scratch = [] {
    char path[] = "/tmp/telltale-spool-XXXXXX";
    return std::string{::mkdtemp(path)};
  }();
  fs::path spool = fs::path{scratch} / "state" / "spool";

  fixture() = default;
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture() { fs::remove_all(scratch); }

  exec_options spooling(const std::string& script) {
    auto options = shell(script);
    options.spool = spool;
    options.report_patience = 0ms;
    return options;
  }

  [[nodiscard]] std::vector<fs::path> spooled() const {
    std::vector<fs::path> result;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{spool, ignored})
      result.push_back(entry.path());
    return result;
  }

  [[nodiscard]] bool was_told(const std::string& detail) {
    for (const auto& report : service.reports())
      if (text_of(report, "detail").find(detail) != std::string::npos)
        return true;
    return false;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(exec_safety_tests, fixture)

CAF_TEST(the command inherits no descriptor but its three) {
  const int kept = ::open("/dev/null", O_RDONLY); // without O_CLOEXEC
  // `ls` itself opens one: the folder.
  CAF_CHECK_EQUAL(run_exec(shell("cd /proc/self/fd; exec ls")), 0);
  ::close(kept);
  CAF_CHECK_EQUAL(out.text(), "0\n1\n2\n3\n");
}

CAF_TEST(an end that is refused as malformed goes once more over a new line) {
  service.reports_to_refuse = 1;
  CAF_CHECK_EQUAL(run_exec(shell("exit 6")), 6);
  CAF_CHECK_EQUAL(text_of(service.last_report(), "status"), "failed");
  CAF_MESSAGE("but not for ever");
  service.reports_to_refuse = 100;
  CAF_CHECK_EQUAL(run_exec(shell("exit 7")), 7);
  CAF_CHECK(err.text().find("cannot report the end") != std::string::npos);
}

CAF_TEST(a report that the service is not there for waits on disk) {
  service.reports_to_drop = 1'000;
  auto options = spooling("echo secret-word >&2; exit 1");
  options.mask = [](std::string_view text) {
    return text.find("secret-word") == std::string_view::npos
               ? std::string{text}
               : std::string{"masked-word"};
  };
  CAF_CHECK_EQUAL(run_exec(options), 1);
  auto files = spooled();
  CAF_REQUIRE_EQUAL(files.size(), 1u);
  struct stat info {};
  CAF_CHECK_EQUAL(::stat(files[0].c_str(), &info), 0);
  CAF_CHECK_EQUAL(info.st_mode & 07777, 0600u);
  CAF_CHECK_EQUAL(::stat(spool.c_str(), &info), 0);
  CAF_CHECK_EQUAL(info.st_mode & 07777, 0700u);
  std::ifstream in{files[0]};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  CAF_CHECK(text.find("secret-word") == std::string::npos);
  CAF_CHECK(text.find("masked-word") != std::string::npos);
  CAF_MESSAGE("the next run sends it");
  CAF_CHECK(!was_told("masked-word"));
  service.reports_to_drop = 0;
  CAF_CHECK_EQUAL(run_exec(spooling("echo second")), 0);
  CAF_CHECK(was_told("masked-word"));
  CAF_CHECK(spooled().empty());
}

CAF_TEST(what is told within its patience leaves nothing on disk) {
  service.reports_to_drop = 2;
  auto options = spooling("exit 1");
  options.report_patience = 10s;
  CAF_CHECK_EQUAL(run_exec(options), 1);
  CAF_CHECK(spooled().empty());
  CAF_CHECK_EQUAL(text_of(service.last_report(), "status"), "failed");
}

CAF_TEST(a task that could not be made is made and ended later) {
  service.creation_status = 503;
  CAF_CHECK_EQUAL(run_exec(spooling("echo before >&2; exit 1")), 1);
  CAF_REQUIRE_EQUAL(spooled().size(), 1u);
  service.creation_status = 201;
  CAF_CHECK_EQUAL(run_exec(spooling("echo second")), 0);
  CAF_CHECK(was_told("before"));
  CAF_CHECK(spooled().empty());
}

CAF_TEST(what is older than a week is dropped unsent) {
  service.reports_to_drop = 1'000;
  CAF_CHECK_EQUAL(run_exec(spooling("echo long ago >&2; exit 1")), 1);
  auto files = spooled();
  CAF_REQUIRE_EQUAL(files.size(), 1u);
  fs::last_write_time(files[0], fs::file_time_type::clock::now() - 170h);
  service.reports_to_drop = 0;
  CAF_CHECK_EQUAL(run_exec(spooling("echo second")), 0);
  CAF_CHECK(!was_told("long ago"));
  CAF_CHECK(spooled().empty());
}

CAF_TEST(heartbeats come as the service says and not by its clock) {
  service.beat_answer = {{"lease_expires_at", "2098-01-01T00:00:00Z"},
                         {"heartbeat_seconds", 1}};
  CAF_CHECK_EQUAL(run_exec(shell("sleep 2.5")), 0);
  CAF_CHECK(service.beats >= 2);
}

CAF_TEST(a retry waits for a span of the clock of the service and not till a time) {
  service.failures_to_retry = 1;
  service.task = {{"run_after", "2098-01-01T00:00:01Z"},
                  {"attempts", json::array{json::object{
                                   {"ended_at", "2098-01-01T00:00:00.500Z"}}}}};
  auto options = shell("echo try; exit 1");
  options.max_attempts = 2;
  const auto begun = std::chrono::steady_clock::now();
  CAF_CHECK_EQUAL(run_exec(options), 1);
  const auto took = std::chrono::steady_clock::now() - begun;
  CAF_CHECK_EQUAL(out.text(), "try\ntry\n");
  CAF_CHECK(took >= 500ms);
  CAF_CHECK(took < 10s);
}

CAF_TEST_FIXTURE_SCOPE_END()
