// libs: telltale_gateway
#define CAF_SUITE unit.wire

#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "actors/gateway/wire/dialects.hpp"
#include "actors/gateway/wire/wire.hpp"
#include "actors/gateway/wire/wire_daemon.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;

namespace {

const task_id some_task{make_uuid_v7()};

std::string repeat(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

template <class T> std::string code(const caf::expected<T>& result) {
  return result ? "ok" : to_string(code_of(result.error()));
}

template <class T> std::string why(const caf::expected<T>& result) {
  return result ? "" : explain(result.error());
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string report_code(const std::string& body) {
  return code(parse_report(some_task, body));
}

std::string create_code(const std::string& body) {
  return code(parse_create(body, 2));
}

} // namespace

CAF_TEST(a full report is read) {
  const auto report = parse_report(some_task, R"({
    "status":"failed","detail":"x","failure_reason":"timeout","attempt":2,
    "runner_id":"r","posted":3,"result_url":"http://x","intended_empty":true,
    "something":{"else":[1]}})");
  CAF_REQUIRE(report);
  CAF_CHECK(report->task == some_task);
  CAF_CHECK(report->status == task_status::failed);
  CAF_CHECK(report->detail == raw_text{"x"});
  CAF_CHECK_EQUAL(report->failure_reason->wire, "timeout");
  CAF_CHECK_EQUAL(*report->attempt, 2u);
  CAF_CHECK_EQUAL(report->runner->value, "r");
  CAF_CHECK_EQUAL(*report->posted, 3);
  CAF_CHECK(*report->intended_empty);
}

CAF_TEST(null and blank optional fields count as absent) {
  const auto report = parse_report(some_task, R"({
    "status":"failed","detail":null,"failure_reason":"  ","attempt":null})");
  CAF_REQUIRE(report);
  CAF_CHECK(report->detail.empty());
  CAF_CHECK(!report->failure_reason);
  CAF_CHECK(!report->attempt);
}

CAF_TEST(bad reports are refused with the code that says why) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "malformed_json"},
      {"{", "malformed_json"},
      {"{\"status\":\"failed\"}x", "malformed_json"},
      {std::string{"{\"status\":\"fai\0led\"}", 20}, "malformed_json"},
      {repeat("[", 10'000) + repeat("]", 10'000), "malformed_json"},
      {R"({"status":"failed","input":)" + repeat("[", 10'000) + "}",
       "malformed_json"},
      {"[]", "invalid_field"},
      {"7", "invalid_field"},
      {"{}", "invalid_field"},
      {R"({"status":7})", "invalid_field"},
      {R"({"status":null})", "invalid_field"},
      {R"({"status":"queued"})", "unsupported_status"},
      {R"({"status":"done"})", "unsupported_status"},
      {R"({"status":"FAILED"})", "unsupported_status"},
      {R"({"status":""})", "unsupported_status"},
      {R"({"status":"failed","detail":7})", "invalid_field"},
      {R"({"status":"failed","detail":{}})", "invalid_field"},
      {R"({"status":"failed","attempt":"1"})", "invalid_field"},
      {R"({"status":"failed","attempt":1.5})", "invalid_field"},
      {R"({"status":"failed","attempt":-1})", "invalid_field"},
      {R"({"status":"failed","attempt":99999999999999999999})",
       "invalid_field"},
      {R"({"status":"failed","posted":-1})", "invalid_field"},
      {R"({"status":"failed","posted":"1"})", "invalid_field"},
      {R"({"status":"failed","intended_empty":"no"})", "invalid_field"},
      {R"({"status":"failed","runner_id":7})", "invalid_field"},
      {R"({"status":"failed","runner_id":""})", "invalid_field"},
      {R"({"status":"failed","runner_id":"a\u0000"})", "invalid_field"},
      {R"({"status":"failed","failure_reason":7})", "invalid_field"},
      {"{\"status\":\"failed\",\"runner_id\":\"\xff\"}", "invalid_field"},
  };
  for (const auto& [body, expected] : rows) {
    CAF_MESSAGE(body.substr(0, 80));
    CAF_CHECK_EQUAL(report_code(body), expected);
  }
  CAF_CHECK(
      has(why(parse_report(some_task, R"({"status":"failed","posted":"1"})")),
          "posted"));
}

CAF_TEST(odd details do not cost a runner its report) {
  for (const std::string detail :
       {"a\\u0000b", "\xff\xfe", "\\ud83d", "\\ude00 x", "\\ud83d\\ude00",
        "\\\\ud83d"}) {
    CAF_MESSAGE(detail);
    CAF_CHECK_EQUAL(
        report_code("{\"status\":\"failed\",\"detail\":\"" + detail + "\"}"),
        "ok");
  }
  CAF_CHECK_EQUAL(report_code("{\"status\":\"failed\",\"detail\":\""
                              + std::string(1'000'000, 'x') + "\"}"),
                  "ok");
  const auto mended =
      parse_report(some_task, R"({"status":"failed","detail":"a\ud83d"})");
  CAF_CHECK(mended->detail == raw_text{"a\xef\xbf\xbd"});
}

CAF_TEST(values to mask are read wherever a runner speaks) {
  std::string list = "\"x\"";
  for (int i = 0; i < 200; ++i)
    list += ",\"" + std::to_string(i) + "\"";
  const std::string refused[] = {
      R"("mask": "value")",
      R"("mask": [1])",
      R"("mask": [null])",
      R"("mask": {"a": "b"})",
      "\"mask\": [" + list + "]",
      "\"mask\": [\"" + std::string(40'000, 'v') + "\"]"};
  const auto with = [](const std::string& mask, const char* rest) {
    return "{" + mask + ", " + rest + "}";
  };
  const std::string good = R"("mask": ["ci-worker-7", "x", ""])";
  const std::vector<raw_text> wanted{raw_text{"ci-worker-7"}, raw_text{"x"},
                                     raw_text{""}};
  const task_id task{make_uuid_v7()};
  const auto reads = [&](const std::string& mask) {
    return std::vector<caf::expected<status_report>>{
        parse_report(task, with(mask, R"("status": "failed")")),
        parse_daemon_start(task, with(mask, R"("x": 1)")),
        parse_daemon_complete(task, with(mask, R"("output": "o")")),
        parse_daemon_fail(task, with(mask, R"("error": "e")"))};
  };
  for (const auto& report : reads(good)) {
    CAF_REQUIRE(report);
    CAF_CHECK(report->mask == wanted);
  }
  const auto claim = parse_claim(with(good, R"("runner_id": "r")"));
  CAF_REQUIRE(claim);
  CAF_CHECK(claim->mask == wanted);
  for (const auto& mask : refused) {
    for (const auto& report : reads(mask)) {
      CAF_REQUIRE(!report);
      CAF_CHECK_EQUAL(code_of(report.error()), ec::invalid_field);
    }
    CAF_CHECK(!parse_claim(with(mask, R"("runner_id": "r")")));
  }
  CAF_CHECK(parse_report(task, R"({"status": "failed", "mask": null})"));
  CAF_CHECK(parse_daemon_start(task, ""));
}

CAF_TEST(of two equal keys the last counts) {
  const auto report = parse_report(
      some_task,
      R"({"status":"failed","status":"running","posted":1,"posted":2})");
  CAF_REQUIRE(report);
  CAF_CHECK(report->status == task_status::running);
  CAF_CHECK_EQUAL(*report->posted, 2);
}

CAF_TEST(a batch tells its bad reports from its good ones) {
  const auto id = to_string(some_task);
  const auto reports = parse_reports(
      R"({"reports":[{"task_id":")" + id + R"(","status":"failed"},
    {"task_id":")"
      + id + R"(","status":"nope"},{"task_id":"x","status":"failed"},
    {"status":"failed"},7,{"task_id":")"
      + id + R"(","status":"failed","posted":""}]})");
  CAF_REQUIRE(reports);
  CAF_REQUIRE_EQUAL(reports->size(), 6u);
  CAF_CHECK(reports->at(0).report);
  CAF_CHECK(reports->at(1).refused == ec::unsupported_status);
  CAF_CHECK(reports->at(2).refused == ec::task_not_found);
  CAF_CHECK(reports->at(3).refused == ec::invalid_field);
  CAF_CHECK(reports->at(4).refused == ec::invalid_field);
  CAF_CHECK(reports->at(5).refused == ec::invalid_field);
  CAF_CHECK_EQUAL(code(parse_reports("{\"reports\":{}}")), "invalid_field");
  CAF_CHECK_EQUAL(
      code(parse_reports("{\"reports\":[0" + repeat(",0", 1000) + "]}")),
      "invalid_field");
}

CAF_TEST(claims and heartbeats keep their bounds) {
  const auto claim = parse_claim(
      R"({"runner_id":"r","kinds":["b","a","b"],"limit":100,"wait_seconds":30})");
  CAF_REQUIRE(claim);
  CAF_CHECK_EQUAL(claim->what.kinds, (std::vector<std::string>{"a", "b"}));
  CAF_CHECK_EQUAL(claim->what.limit, 100u);
  CAF_CHECK_EQUAL(claim->wait.count(), 30);
  for (const std::string bad :
       {R"({})", R"({"runner_id":7})", R"({"runner_id":"r","limit":0})",
        R"({"runner_id":"r","limit":101})",
        R"({"runner_id":"r","wait_seconds":31})",
        R"({"runner_id":"r","wait_seconds":"1"})",
        R"({"runner_id":"r","kinds":"a"})", R"({"runner_id":"r","kinds":[7]})"})
    CAF_CHECK_EQUAL(code(parse_claim(bad)), "invalid_field");
  const auto beat =
      parse_heartbeat("r", R"({"tasks":[{"task_id":")" + to_string(some_task)
                               + R"(","attempt":1}]})");
  CAF_REQUIRE(beat);
  CAF_CHECK(beat->tasks.at(0).task == some_task);
  CAF_CHECK_EQUAL(code(parse_heartbeat("r", R"({"tasks":[{"task_id":"x"}]})")),
                  "invalid_field");
}

CAF_TEST(both dialects have a word for every state) {
  std::size_t states = 0;
  const auto check = [&](task_status status, bool reported,
                         const std::string& daemon) {
    ++states;
    CAF_CHECK_EQUAL(report_code(R"({"status":")" + to_string(status) + "\"}"),
                    reported ? "ok" : "unsupported_status");
    CAF_CHECK_EQUAL(daemon_word(status), daemon);
  };
#define TELLTALE_DIALECT_STATUS(status, reported, daemon)                      \
  check(task_status::status, reported, daemon);
#define TELLTALE_DIALECT_FIELD(meaning, first, daemon)
#include "actors/gateway/wire/dialects.def"
#undef TELLTALE_DIALECT_FIELD
#undef TELLTALE_DIALECT_STATUS
  std::size_t known = 0;
#define TELLTALE_TASK_STATUS(name, terminal) ++known;
#include "messages/task_status.def"
#undef TELLTALE_TASK_STATUS
  CAF_CHECK_EQUAL(states, known);
  CAF_CHECK(has(why(parse_report(some_task, R"({"status":"done"})")),
                "running, posting_result, succeeded, failed, timed_out, "
                "cancelled"));
}

CAF_TEST(a failure is the same report in both dialects) {
  const auto one = parse_report(
      some_task,
      R"({"status":"failed","detail":"boom","failure_reason":"timeout"})");
  const auto other = parse_daemon_fail(
      some_task, R"({"error":"boom","failure_reason":"timeout"})");
  CAF_REQUIRE(one && other);
  CAF_CHECK(*one == *other);
}

CAF_TEST(new tasks keep their bounds) {
  CAF_CHECK_EQUAL(create_code(R"({"kind":"k"})"), "ok");
  CAF_CHECK_EQUAL(create_code(R"({"kind":"k","title":")"
                              + repeat("\xe4\xbd\xa0", 300) + "\"}"),
                  "ok");
  for (const std::string& bad :
       {std::string{R"({})"}, std::string{R"({"kind":""})"},
        R"({"kind":")" + std::string(129, 'k') + "\"}",
        R"({"kind":"k","title":")" + std::string(301, 't') + "\"}",
        R"({"kind":"k","input":")" + std::string(65'536, 'i') + "\"}",
        R"({"kind":"k","labels":")" + std::string(65'536, 'l') + "\"}",
        std::string{R"({"kind":"k","priority":"high"})"},
        std::string{R"({"kind":"k","max_attempts":0})"},
        std::string{R"({"kind":"k","run_after":"tomorrow"})"},
        std::string{R"({"kind":"k","timeout_seconds":-1})"},
        std::string{R"({"kind":"k","agent_id":5})"}})
    CAF_CHECK_EQUAL(create_code(bad), "invalid_field");
  const auto made =
      parse_create(R"({"kind":"k","input":{"a":[1,null]},"labels":["x"]})", 7);
  CAF_CHECK_EQUAL(made->what.task.input, "{\"a\":[1,null]}");
  CAF_MESSAGE("as it was written, numbers of any length too");
  const std::string odd = R"({ "n" : 12345678901234567890123, "m":1.10 })";
  const auto kept = parse_create(
      R"({"kind":"k","labels": )" + odd + R"(,"input":)" + odd + "}", 7);
  CAF_CHECK_EQUAL(kept->what.task.input, odd);
  CAF_CHECK(kept->labels == raw_text{odd});
  CAF_CHECK(made->labels == raw_text{"[\"x\"]"});
  CAF_CHECK_EQUAL(made->what.task.max_attempts, 7u);
}

CAF_TEST(a task in JSON has every key and null for what is absent) {
  task_record task;
  task.id = some_task;
  task.kind = "k";
  task.created_at = *parse_rfc3339("2026-06-23T10:49:00.5Z");
  const auto json = boost::json::parse(write_task(task)).as_object();
  const std::set<std::string> expected{"id",
                                       "kind",
                                       "title",
                                       "status",
                                       "outcome",
                                       "attempt",
                                       "max_attempts",
                                       "failure_reason",
                                       "error_detail",
                                       "telling_line",
                                       "cause",
                                       "posted",
                                       "result_url",
                                       "intended_empty",
                                       "runner_id",
                                       "agent_id",
                                       "issue_id",
                                       "workspace_id",
                                       "chat_session_id",
                                       "source_url",
                                       "labels",
                                       "priority",
                                       "runner",
                                       "dispatch",
                                       "created_at",
                                       "run_after",
                                       "started_at",
                                       "completed_at",
                                       "lease_expires_at"};
  std::set<std::string> keys;
  for (const auto& [key, value] : json)
    keys.insert(std::string{key});
  CAF_CHECK(keys == expected);
  CAF_CHECK(json.at("title").is_null());
  CAF_CHECK(json.at("labels").is_null());
  CAF_CHECK_EQUAL(std::string{json.at("created_at").as_string()},
                  "2026-06-23T10:49:00.500000Z");
  const auto claimed = boost::json::parse(
      write_claimed(std::vector{task}, std::vector<std::string>{"tok"}));
  const auto& row = claimed.at("tasks").at(0).as_object();
  CAF_CHECK_EQUAL(std::string{row.at("task_id").as_string()},
                  to_string(some_task));
  CAF_CHECK_EQUAL(std::string{row.at("token").as_string()}, "tok");
  CAF_CHECK(row.contains("input"));
}

CAF_TEST(list filters are checked and cursors come back) {
  const page_cursor cursor{*parse_rfc3339("2026-01-02T03:04:05.678901Z"),
                           make_uuid_v7()};
  CAF_CHECK(parse_cursor(write_cursor(cursor)) == cursor);
  const auto good = parse_list_tasks({{"status", "failed"},
                                      {"outcome", "silent_noop"},
                                      {"limit", "200"},
                                      {"since", "2026-01-01T00:00:00Z"},
                                      {"q", "words"},
                                      {"cause", "0123456789abcdef"},
                                      {"cursor", write_cursor(cursor)}});
  CAF_REQUIRE(good);
  CAF_CHECK(good->status == task_status::failed);
  CAF_CHECK(good->after == cursor);
  CAF_CHECK_EQUAL(*good->cause, "0123456789abcdef");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{
           {"status", "nope"},
           {"outcome", "nope"},
           {"limit", "0"},
           {"limit", "201"},
           {"limit", "x"},
           {"since", "x"},
           {"until", "x"},
           {"cursor", "x"},
           {"cursor", "!!"},
           {"cause", "x"},
           {"cause", "0123456789ABCDEF"},
           {"failure_reason", "A B"}})
    CAF_CHECK_EQUAL(code(parse_list_tasks({{name, value}})), "invalid_field");
  CAF_CHECK_EQUAL(code(parse_list_deliveries({{"state", "lost"}})),
                  "invalid_field");
  CAF_CHECK_EQUAL(*parse_events_after({}, "7"), 7);
  CAF_CHECK_EQUAL(*parse_events_after({{"after", "9"}}, "7"), 9);
  CAF_CHECK_EQUAL(*parse_events_after({}, ""), -1);
  CAF_CHECK_EQUAL(code(parse_events_after({{"after", "-3"}}, "")),
                  "invalid_field");
}

CAF_TEST(a page of chat sessions says where the next one begins) {
  std::vector<chat_binding> one(1);
  one[0].session = {"s"};
  CAF_CHECK(write_chats(one, 2).ends_with(R"("next_after":null})"));
  CAF_CHECK(write_chats(one, 1).ends_with(R"("next_after":"s"})"));
}
