#include <chrono>
#include <string>
#include <string_view>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include "actors/gateway/wire/wire.hpp"
#include "actors/gateway/wire/wire_mutes.hpp"
#include "messages/error.hpp"
#include "tests/fuzz/fuzzing.hpp"

// Bodies and cursors that clients send, as an oracle for libFuzzer: whatever
// comes, a reader answers with a message or with an error that repeats nothing
// of it.

using namespace telltale;
using fuzzing::demand;

namespace {

template <class T> bool check(const caf::expected<T>& read) {
  if (read)
    return true;
  fuzzing::demand_quiet(caf::to_string(read.error()));
  return false;
}

void check_batch(std::string_view body) {
  const auto reports = parse_reports(body);
  if (!check(reports))
    return;
  demand(reports->size() <= 1000, "a batch is bounded");
  std::vector<batched_result> results;
  for (const auto& one : *reports) {
    demand(one.report.has_value() == (one.refused == ec::none),
           "a report is read or refused");
    results.push_back({one.task_text, one.refused});
  }
  demand(!write_results(results).empty(), "a batch has an answer");
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzzing::write_seeds(
      {R"(0{"status":"failed","failure_reason":"timeout","error":"$",)"
       R"("attempt":2,"runner_id":"r","mask":["$"],)"
       R"("occurred_at":"2026-01-02T03:04:05.678Z"})",
       R"(1{"reports":[{"task_id":"018f3a1c-7b1e-7c3d-9a55-0123456789ab",)"
       R"("status":"started"},{"task_id":"$","status":"$"},7]})",
       R"(2{"runner_id":"r","kinds":["a","b"],"max":5,"wait_seconds":30,)"
       R"("mask":["$$$$"]})",
       R"(3{"task_ids":["018f3a1c-7b1e-7c3d-9a55-0123456789ab"]})",
       R"(4{"workspace_id":"w","session_id":"$"})",
       R"(5{"output":"$","branch":"b"})", R"(6{"error":"$","reason":"$"})",
       R"(7{"kind":"k","title":"$","source_url":"https://$",)"
       R"("labels":{"a":"$"},"max_attempts":3})",
       R"(8{"relay":"octo","chat_id":"c","locale":"en","thread_id":"$"})",
       R"(9{"text":"$"})", R"(:{"token":"$"})",
       R"(;{"relay":"octo","chat_id":"$","until":"2027-01-01T00:00:00Z"})",
       R"(<{"relay":"octo"})", "=MjAyNi0wMS0wMVQwMDowMDowMFo"});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0)
    return 0;
  static const task_id task{make_uuid_v7()};
  const auto text = fuzzing::with_canaries(
      {reinterpret_cast<const char*>(data) + 1, size - 1});
  switch (data[0] % 16) {
  case 0:
    check(parse_report(task, text));
    break;
  case 1:
    check_batch(text);
    break;
  case 2:
    check(parse_claim(text));
    break;
  case 3:
    check(parse_heartbeat("runner", text));
    break;
  case 4:
    check(parse_daemon_start(task, text));
    break;
  case 5:
    check(parse_daemon_complete(task, text));
    break;
  case 6:
    check(parse_daemon_fail(task, text));
    break;
  case 7:
    check(parse_create(text, 3));
    break;
  case 8:
    check(parse_chat_binding("session", text));
    break;
  case 9:
    check(parse_redact(text));
    break;
  case 10:
    check(parse_session(text));
    break;
  case 11:
    check(parse_mute(text, timestamp{}));
    break;
  case 12:
    check(parse_redeliver_dead(text));
    break;
  case 13:
    if (const auto cursor = parse_cursor(text))
      demand(parse_cursor(write_cursor(*cursor)).has_value(),
             "a cursor is read as it is written");
    break;
  case 14: {
    const query_map query{{"status", text}, {"limit", text}, {"cursor", text}};
    check(parse_list_tasks(query));
    check(parse_list_deliveries(query));
    break;
  }
  default:
    check(parse_events_after({{"after", text}}, text));
  }
  return 0;
}
