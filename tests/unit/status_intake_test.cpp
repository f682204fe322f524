// libs: telltale_status_intake
#define CAF_SUITE unit.status_intake

#include <map>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/status_intake/classify.hpp"
#include "actors/status_intake/status_intake.hpp"
#include "actors/status_intake/validate.hpp"

#include <caf/test/dsl.hpp>

namespace telltale {

/// Stands in for the redaction room's, which this test does not link.
class redaction_seal {
public:
  static std::string open(const raw_text& text) { return text.text_; }
  static redacted_text seal(std::string text) {
    return redacted_text{std::move(text)};
  }
};

} // namespace telltale

using namespace telltale;

namespace {

struct said {
  const char* text;
  const char* why;
};

const said samples[] = {
    // 1 context
    {"prompt is too long: 210000 tokens > 200000",
     "agent_error.context_overflow"},
    {"context_length_exceeded", "agent_error.context_overflow"},
    {"This model's maximum context length is 8192",
     "agent_error.context_overflow"},
    {"exceeds the context window", "agent_error.context_overflow"},
    // 2 missing configuration
    {"missing environment variable OPENAI_API_KEY",
     "agent_error.missing_config"},
    {"Missing API key", "agent_error.missing_config"},
    {"api key required", "agent_error.missing_config"},
    {"no provider configured", "agent_error.missing_config"},
    // 3 access
    {"HTTP 401", "agent_error.provider_auth_or_access"},
    {"HTTP/1.1 403", "agent_error.provider_auth_or_access"},
    {"status 401", "agent_error.provider_auth_or_access"},
    {"status=403", "agent_error.provider_auth_or_access"},
    {"401 Unauthorized", "agent_error.provider_auth_or_access"},
    {"{\"code\": 401}", "agent_error.provider_auth_or_access"},
    {"API Error: 401 bad credentials", "agent_error.provider_auth_or_access"},
    {"error 401: go away", "agent_error.provider_auth_or_access"},
    {"401 {\"type\":\"error\"}", "agent_error.provider_auth_or_access"},
    {"invalid x-api-key", "agent_error.provider_auth_or_access"},
    {"invalid api key", "agent_error.provider_auth_or_access"},
    {"authentication_error", "agent_error.provider_auth_or_access"},
    {"Not logged in", "agent_error.provider_auth_or_access"},
    {"ACCESS DENIED", "agent_error.provider_auth_or_access"},
    // 4 quota
    {"insufficient_balance", "agent_error.provider_quota_limit"},
    {"Insufficient Balance", "agent_error.provider_quota_limit"},
    {"402 Payment Required", "agent_error.provider_quota_limit"},
    {"you are out of credits", "agent_error.provider_quota_limit"},
    {"insufficient_quota", "agent_error.provider_quota_limit"},
    {"usage limit reached", "agent_error.provider_quota_limit"},
    // 5 capacity
    {"429 Too Many Requests", "agent_error.provider_capacity_or_rate_limit"},
    {"status code: 529", "agent_error.provider_capacity_or_rate_limit"},
    {"rate_limit_error", "agent_error.provider_capacity_or_rate_limit"},
    {"you are rate limited", "agent_error.provider_capacity_or_rate_limit"},
    {"overloaded_error", "agent_error.provider_capacity_or_rate_limit"},
    {"no capacity", "agent_error.provider_capacity_or_rate_limit"},
    // 6 server
    {"HTTP 500", "agent_error.provider_server_error"},
    {"code: 503", "agent_error.provider_server_error"},
    {"responded with status 502", "agent_error.provider_server_error"},
    {"Internal Server Error", "agent_error.provider_server_error"},
    {"internal error", "agent_error.provider_server_error"},
    {"502 Bad Gateway", "agent_error.provider_server_error"},
    {"provider returned error", "agent_error.provider_server_error"},
    // 7 the agent's own limit
    {"codex exec timed out after 10m: deadline exceeded",
     "agent_error.agent_timeout"},
    // 8 network
    {"dial tcp 10.0.0.1:443: connect: connection refused",
     "agent_error.provider_network"},
    {"connection reset by peer", "agent_error.provider_network"},
    {"lookup api: no such host", "agent_error.provider_network"},
    {"DNS failure", "agent_error.provider_network"},
    {"TLS handshake timeout", "agent_error.provider_network"},
    {"read: i/o timeout", "agent_error.provider_network"},
    {"unexpected EOF", "agent_error.provider_network"},
    {"stream disconnected before completion", "agent_error.provider_network"},
    {"context deadline exceeded", "agent_error.provider_network"},
    // 9 model
    {"model not found", "agent_error.model_not_found_or_unavailable"},
    {"unknown model: x", "agent_error.model_not_found_or_unavailable"},
    {"404 Not Found: model gpt-9",
     "agent_error.model_not_found_or_unavailable"},
    // 10 output
    {"agent returned empty output", "agent_error.empty_or_unparseable_output"},
    {"no parseable output", "agent_error.empty_or_unparseable_output"},
    // 11 executable
    {"exec: \"codex\": executable file not found in $PATH",
     "agent_error.runtime_missing_executable"},
    {"bash: claude: command not found",
     "agent_error.runtime_missing_executable"},
    {"exec format error", "agent_error.runtime_missing_executable"},
    // 12 version
    {"codex 0.1 is below the minimum supported version 0.2",
     "agent_error.runtime_version_unsupported"},
    {"requires a newer version", "agent_error.runtime_version_unsupported"},
    // 13 environment
    {"write /tmp/x: no space left on device", "environment_prepare_failed"},
    {"mkdir /work: permission denied", "environment_prepare_failed"},
    {"read-only file system", "environment_prepare_failed"},
    {"Disk quota exceeded", "environment_prepare_failed"},
    // 14 process
    {"exit status 1", "agent_error.process_failure"},
    {"process exited with exit code 137", "agent_error.process_failure"},
    {"signal: killed", "agent_error.process_failure"},
    {"Segmentation fault", "agent_error.process_failure"},
    {"panic: runtime error", "agent_error.process_failure"},
    {"out of memory", "agent_error.process_failure"},
    // 15 otherwise
    {"", "agent_error.unknown"},
    {"it did not work", "agent_error.unknown"},
    // precedence
    {"token limit exceeded, quota used up", "agent_error.context_overflow"},
    {"missing api_key: server said 401 Unauthorized",
     "agent_error.missing_config"},
    {"exit status 1: HTTP 401", "agent_error.provider_auth_or_access"},
    {"exit status 1: 401 Unauthorized", "agent_error.provider_auth_or_access"},
    {"exit status 1: connection closed", "agent_error.provider_network"},
    {"exit status 2: stream: connection closed",
     "agent_error.provider_network"},
    // misfires
    {"listed 512 files", "agent_error.unknown"},
    {"line 500: syntax error", "agent_error.unknown"},
    {"tokens: 10, no limits", "agent_error.unknown"},
    {"design dns-prefetch", "agent_error.unknown"},
    {"signal strength ok", "agent_error.unknown"},
    {"git push failed: remote: 403", "agent_error.unknown"},
    {"git push: The requested URL returned error: 403", "agent_error.unknown"},
    {"remote: HTTP 403 Forbidden", "agent_error.unknown"},
    {"version 4.401.2", "agent_error.unknown"},
    {"500 files changed", "agent_error.unknown"},
    {"wrote 429 bytes", "agent_error.unknown"},
    {"error: 500 files do not parse", "agent_error.unknown"},
    {"returned 503 rows", "agent_error.unknown"},
    {"main.c:401:12: oops", "agent_error.unknown"},
    {"took 502ms", "agent_error.unknown"},
    {"404 Not Found: /favicon.ico", "agent_error.unknown"},
    {"see credits.txt", "agent_error.unknown"},
    {"exit the killedeer exhibit", "agent_error.unknown"},
};

status_report report(task_status status, std::string detail = {}) {
  status_report what;
  what.task = task_id{make_uuid_v7()};
  what.status = status;
  what.detail = raw_text{std::move(detail)};
  return what;
}

/// What arrives where, in order.
struct journal {
  std::vector<report_batch> settled;
  std::map<std::uint32_t, std::vector<apply_status>> committed; ///< by lane
};

report_waiter_actor::behavior_type waiter(report_waiter_actor::pointer,
                                          journal* to) {
  return {[=](reports_settled& done) { to->settled.push_back(done.batch); }};
}

redaction_actor::behavior_type fake_redaction(redaction_actor::pointer self) {
  return {[=](redact_reports& what) {
            for (auto& flight : *what.batch) {
              flight.ready.detail =
                  redaction_seal::seal(redaction_seal::open(flight.raw.detail));
              flight.raw.detail = raw_text{};
            }
            self->send(what.back_to, reports_redacted{std::move(what.batch),
                                                      what.waiter, what.lane});
          },
          [](redact_texts&) { return texts_redacted{}; },
          [](narrow_texts&) { return texts_redacted{}; }};
}

report_store_actor::behavior_type fake_store(report_store_actor::pointer,
                                             journal* to, std::uint32_t lane) {
  return {[=](commit_reports& what) {
            for (auto& flight : *what.batch)
              to->committed[lane].push_back(flight.ready);
          },
          [](flush_reports&) {}};
}

struct fixture : test_coordinator_fixture<> {
  journal seen;
  report_waiter_actor end = sys.spawn(waiter, &seen);
  redaction_actor redaction = sys.spawn(fake_redaction);
  std::vector<report_store_actor> stores{sys.spawn(fake_store, &seen, 0U),
                                         sys.spawn(fake_store, &seen, 1U),
                                         sys.spawn(fake_store, &seen, 2U)};
  status_intake_actor intake =
      sys.spawn(status_intake, std::vector<redaction_actor>{redaction}, stores,
                counter_board_ptr{});

  fixture() { run(); }

  void send_reports(std::vector<status_report> reports) {
    auto batch = std::make_shared<std::vector<report_flight>>();
    for (auto& what : reports) {
      report_flight flight;
      flight.raw = std::move(what);
      batch->push_back(std::move(flight));
    }
    self->send(intake, reports_received{batch, report_waiter_handle{end}});
    run();
  }

  std::string only_reason() { return all_committed().at(0).why->wire; }

  std::vector<apply_status> all_committed() {
    std::vector<apply_status> all;
    for (auto& [lane, list] : seen.committed)
      all.insert(all.end(), list.begin(), list.end());
    return all;
  }
};

} // namespace

CAF_TEST(every rule finds its reason and misfires on nothing) {
  for (const auto& sample : samples) {
    const failure_reason found{classify(sample.text)};
    CAF_MESSAGE(sample.text);
    CAF_CHECK_EQUAL(found.wire, sample.why);
  }
}

CAF_TEST(a reason that the runner names is kept) {
  const auto failed = task_status::failed;
  const failure_reason named{"agent_blocked"};
  CAF_CHECK_EQUAL(settle_reason(failed, named, "HTTP 401").wire,
                  "agent_blocked");
  const failure_reason own{"their.own_reason"};
  CAF_CHECK_EQUAL(settle_reason(failed, own, "HTTP 401").wire,
                  "their.own_reason");
}

CAF_TEST(a coarse or missing reason is refined by the text) {
  const auto failed = task_status::failed;
  for (const std::string coarse : {"agent_error", "agent_error.unknown", " "})
    CAF_CHECK_EQUAL(
        settle_reason(failed, failure_reason{coarse}, "HTTP 401").wire,
        "agent_error.provider_auth_or_access");
  CAF_CHECK_EQUAL(settle_reason(failed, std::nullopt, "").wire,
                  "agent_error.unknown");
  CAF_CHECK_EQUAL(
      settle_reason(task_status::timed_out, std::nullopt, "HTTP 401").wire,
      "timeout");
}

CAF_TEST(long texts are classified in linear time) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "forbidden 401 status: model ";
  text += "\n";
  CAF_CHECK(classify(text) == reason::agent_provider_auth_or_access);
}

CAF_TEST(reports that no runner may send are refused) {
  auto good = report(task_status::failed);
  CAF_CHECK(validate(good) == ec::none);
  CAF_CHECK(validate(report(task_status::queued)) == ec::unsupported_status);
  auto bad = good;
  bad.posted = -1;
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad = good;
  bad.why = failure_reason{"Not A Reason"};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad = good;
  bad.why = failure_reason{std::string(65, 'a')};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad = good;
  bad.runner = runner_id{""};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad.runner = runner_id{std::string(129, 'r')};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad.runner = runner_id{std::string("a\0b", 3)};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad.runner = runner_id{"\xff"};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  std::string wide;
  for (int i = 0; i < 128; ++i)
    wide += "\xe4\xbd\xa0";
  bad.runner = runner_id{wide};
  CAF_CHECK(validate(bad) == ec::none);
}

CAF_TEST_FIXTURE_SCOPE(status_intake_tests, fixture)

CAF_TEST(bad reports are settled at once and good ones go on) {
  auto bad = report(task_status::failed);
  bad.posted = -5;
  send_reports({report(task_status::running), bad, report(task_status::queued),
                report(task_status::succeeded)});
  CAF_REQUIRE_EQUAL(seen.settled.size(), 1u);
  CAF_REQUIRE_EQUAL(seen.settled[0]->size(), 2u);
  CAF_CHECK(seen.settled[0]->at(0).result == ec::invalid_field);
  CAF_CHECK(seen.settled[0]->at(1).result == ec::unsupported_status);
  CAF_CHECK_EQUAL(all_committed().size(), 2u);
}

CAF_TEST(reports about one task keep lane and order) {
  std::vector<status_report> reports;
  std::vector<task_id> tasks;
  for (int i = 0; i < 20; ++i)
    tasks.push_back(task_id{make_uuid_v7()});
  for (std::uint32_t round = 1; round <= 5; ++round)
    for (const auto& task : tasks) {
      auto what = report(task_status::running);
      what.task = task;
      what.attempt = round;
      reports.push_back(what);
    }
  send_reports(reports);
  std::map<std::string, std::uint32_t> last;
  std::map<std::string, std::uint32_t> lane_of_task;
  std::size_t count = 0;
  for (const auto& [lane, list] : seen.committed)
    for (const auto& ready : list) {
      const auto id = to_string(ready.task);
      CAF_CHECK_EQUAL(*ready.attempt, last[id] + 1);
      last[id] = *ready.attempt;
      CAF_CHECK(!lane_of_task.contains(id) || lane_of_task[id] == lane);
      lane_of_task[id] = lane;
      ++count;
    }
  CAF_CHECK_EQUAL(count, reports.size());
  CAF_CHECK(seen.committed.size() > 1);
}

CAF_TEST(a blank detail counts as absent) {
  send_reports({report(task_status::failed, " \n\t\xc2\xa0"),
                report(task_status::failed, "real")});
  std::vector<std::string> details;
  for (const auto& ready : all_committed())
    details.push_back(ready.detail.view());
  std::sort(details.begin(), details.end());
  CAF_CHECK_EQUAL(details, (std::vector<std::string>{"", "real"}));
}

CAF_TEST(a failure always leaves with a reason and a success with none) {
  auto named = report(task_status::succeeded, "fine");
  named.why = failure_reason{"timeout"};
  send_reports({named});
  CAF_REQUIRE_EQUAL(all_committed().size(), 1u);
  CAF_CHECK(!all_committed()[0].why);
  seen.committed.clear();
  send_reports({report(task_status::failed, "connection refused")});
  CAF_CHECK_EQUAL(only_reason(), "agent_error.provider_network");
  seen.committed.clear();
  send_reports({report(task_status::timed_out)});
  CAF_CHECK_EQUAL(only_reason(), "timeout");
}

CAF_TEST_FIXTURE_SCOPE_END()
