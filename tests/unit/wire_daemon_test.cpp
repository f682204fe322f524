// libs: telltale_gateway
#define CAF_SUITE unit.wire_daemon

#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "actors/gateway/wire/bounded_object.hpp"
#include "actors/gateway/wire/report_fields.hpp"
#include "actors/gateway/wire/wire_daemon.hpp"
#include "actors/gateway/wire/wire_job.hpp"

#include "tests/support/checks.hpp"

// What daemons and jobs say, and what they are answered.

using namespace telltale;

namespace {

const task_id some_task{make_uuid_v7()};
const workspace_names workspaces{{"team", "Team"}};

template <class T> std::string why(const caf::expected<T>& result) {
  return result ? "" : explain(result.error());
}

status_report complete(const std::string& body) {
  return *parse_daemon_complete(some_task, body);
}

status_report fail(const std::string& body) {
  return *parse_daemon_fail(some_task, body);
}

std::string text_at(const boost::json::object& from, const char* name) {
  return boost::json::value_to<std::string>(from.at(name));
}

boost::json::object parse(const std::string& text) {
  return boost::json::parse(text).as_object();
}

} // namespace

CAF_TEST(a run that leaves anything has posted) {
  const std::vector<std::pair<std::string, std::int64_t>> rows{
      {R"({"output":"x"})", 1},
      {R"({"output":" ","pr_url":"u"})", 1},
      {R"({"output":"","branch_name":"x"})", 1},
      {R"({"output":" \n"})", 0},
      {R"({"output":null,"branch_name":null})", 0},
      {R"({"output":{"any":"thing"}})", 1},
      {"", 0},
  };
  for (const auto& [body, posted] : rows) {
    CAF_MESSAGE(body);
    const auto report = complete(body);
    CAF_CHECK(report.status == task_status::succeeded);
    CAF_CHECK_EQUAL(*report.posted, posted);
  }
}

CAF_TEST(a short notice is no result) {
  const std::vector<std::pair<std::string, const char*>> rows{
      {"Error: prompt is too long: 210000 tokens > 200000 maximum",
       "agent_error.context_overflow"},
      {"The conversation is too long to go on.",
       "agent_error.context_overflow"},
      {"Stopped: reached the maximum number of turns (40).", "iteration_limit"},
  };
  for (const auto& [output, reason] : rows) {
    const auto report = complete(boost::json::serialize(
        boost::json::object{{"output", output}, {"branch_name", "b"}}));
    CAF_CHECK(report.status == task_status::failed);
    CAF_CHECK_EQUAL(report.failure_reason->wire, reason);
    CAF_CHECK(report.detail == raw_text{output});
  }
  for (const std::string& output :
       {std::string{"Raised the timeout to 30 s."},
        std::string{"I documented the limits of the context. "
                    "Error: prompt is too long: see above. "}
            + std::string(320, 'x')})
    CAF_CHECK(complete(boost::json::serialize(
                           boost::json::object{{"output", output}}))
                  .status
              == task_status::succeeded);
}

CAF_TEST(an error of any type is text) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {R"({"error":"boom"})", "boom"},
      {R"({"error":{"code":7}})", R"({"code":7})"},
      {R"({"error":[1,"a"]})", R"([1,"a"])"},
      {R"({"error":7})", "7"},
      {R"({"error":null})", ""},
      {R"({})", ""},
  };
  for (const auto& [body, text] : rows) {
    CAF_MESSAGE(body);
    CAF_CHECK(fail(body).detail == raw_text{text});
  }
}

CAF_TEST(a word that is no reason is kept beside) {
  const std::vector<std::tuple<std::string, std::string, std::string>> rows{
      {"timeout", "timeout", ""},
      {"made.up_1", "made.up_1", ""},
      {"idle_watchdog", "agent_error.agent_timeout", "idle_watchdog"},
      {"codex_semantic_inactivity", "agent_error.agent_timeout",
       "codex_semantic_inactivity"},
      {"codex_resume_oversized", "agent_error.context_overflow",
       "codex_resume_oversized"},
      {"agent_fallback_message", "agent_error.empty_or_unparseable_output",
       "agent_fallback_message"},
      {"cancelled", "runtime_recovery", "cancelled"},
      {"Provider-Timeout", "", "Provider-Timeout"},
      {std::string(65, 'a'), "", std::string(65, 'a')},
      {std::string(9000, 'A'), "", std::string(256, 'A')},
      {"  ", "", ""},
  };
  for (const auto& [word, reason, kept] : rows) {
    CAF_MESSAGE(word.substr(0, 40));
    const auto said = read_reason_word(word);
    CAF_CHECK_EQUAL(said.failure_reason ? said.failure_reason->wire : "",
                    reason);
    CAF_CHECK_EQUAL(said.reported, kept);
  }
  CAF_CHECK(fail(R"({"error":"x","failure_reason":12})").failure_reason->wire
            == "12");
}

CAF_TEST(what is said beside is read of any call) {
  const auto progress = *parse_daemon_remark(
      some_task, R"({"summary":"half way","step":1,"total":2})");
  CAF_CHECK(progress.kind == report_kind::remark);
  CAF_CHECK(progress.remarks.note == raw_text{"half way"});
  const auto left = *parse_daemon_remark(
      some_task, R"({"branch_name":"b","durable_work_dir":"/w"})");
  CAF_CHECK(left.remarks.branch_name == raw_text{"b"});
  CAF_CHECK(left.remarks.note == raw_text{"work left in /w"});
  const auto used = *parse_daemon_remark(
      some_task, R"({"usage":[{"model":"m","input_tokens":7,"cost":0.5},
                              {"model":"n","output_tokens":-3},7]})");
  CAF_REQUIRE_EQUAL(used.remarks.usage.size(), 2u);
  CAF_CHECK(used.remarks.usage[0] == (model_usage{"m", 7, 0, 0, 0, 0.5}));
  CAF_CHECK(used.remarks.usage[1] == (model_usage{"n", 0, 0, 0, 0, 0}));
  CAF_CHECK_EQUAL(count_messages(R"({"messages":[{},{"a":[1,2]},3]})"), 3u);
  CAF_CHECK_EQUAL(count_messages("{}"), 0u);
}

CAF_TEST(registrations are checked field by field) {
  const auto code = [](const std::string& body) {
    return why(parse_register(body, workspaces));
  };
  const auto good = parse_register(
      R"({"workspace_id":"team","daemon_id":"d","device_name":"host",
          "runtimes":[{"name":"A","type":"claude","version":"2"},
                      {"name":"B","type":"claude"},{"type":"codex"}]})",
      workspaces);
  CAF_REQUIRE(good);
  CAF_REQUIRE_EQUAL(good->runtimes.size(), 2u); // one for each provider
  CAF_CHECK(good->runtimes[0]
            == (runtime_record{{}, {"team"}, "d", "claude", "A", "host", "2"}));
  CAF_CHECK(code(R"({"workspace_id":"x","daemon_id":"d","runtimes":[]})")
                .starts_with("workspace_id is none of"));
  CAF_CHECK(
      code(R"({"daemon_id":"d","runtimes":[]})").starts_with("workspace_id"));
  CAF_CHECK(code(R"({"workspace_id":"team","runtimes":[]})")
                .starts_with("daemon_id"));
  CAF_CHECK(code(R"({"workspace_id":"team","daemon_id":"d"})")
                .starts_with("runtimes"));
  CAF_CHECK(code(R"({"workspace_id":"team","daemon_id":"d","runtimes":[{}]})")
                .starts_with("runtimes[0].type"));
}

CAF_TEST(a claim names a hundred runtimes at most) {
  std::string ids = R"("r0")";
  for (int i = 1; i < 100; ++i)
    ids += ",\"r" + std::to_string(i) + "\"";
  const auto claim = [](const std::string& list) {
    return parse_daemon_claim(R"({"daemon_id":"d","max_tasks":3,)"
                              R"("runtime_ids":)"
                              + list + "}");
  };
  CAF_CHECK_EQUAL(claim("[" + ids + "]")->runtimes.size(), 100u);
  CAF_CHECK_EQUAL(claim("[]")->most, 3u);
  for (const std::string& bad : {"[" + ids + ",\"x\"]", std::string{"7"},
                                 std::string{"[7]"}, std::string{"[\"\"]"}})
    CAF_CHECK(why(claim(bad)).starts_with("runtime_ids"));
}

CAF_TEST(workspaces have a tag that changes with them) {
  const auto one = write_workspaces(workspaces);
  CAF_CHECK_EQUAL(one, R"([{"id":"team","name":"Team"}])");
  CAF_CHECK_EQUAL(etag_of(one), etag_of(one));
  CAF_CHECK(etag_of(one) != etag_of(write_workspaces({{"team", "T"}})));
}

CAF_TEST(a claimed task holds what its input says byte for byte) {
  task_record task;
  task.id = some_task;
  task.attempt = 2;
  task.current_attempt = attempt_id{make_uuid_v7()};
  task.kind = "claude";
  task.input = R"({"daemon":{"id":"forged","big":12345678901234567890.10,)"
               R"("agent":{"id":"a","name":"A","instructions":"do"},)"
               R"("issue_id":"ISS-1"},"other":1})";
  runtime_record runtime;
  runtime.id = {"r1"};
  runtime.workspace = {"team"};
  const auto text = write_daemon_claimed(task, runtime, "mat_x");
  const auto row = parse(text);
  CAF_CHECK_EQUAL(text_at(row, "id"), to_string(task.current_attempt));
  CAF_CHECK_EQUAL(text_at(row, "task_id"), to_string(some_task));
  CAF_CHECK_EQUAL(text_at(row, "runtime_id"), "r1");
  CAF_CHECK_EQUAL(text_at(row, "workspace_id"), "team");
  CAF_CHECK_EQUAL(text_at(row, "issue_id"), "ISS-1");
  CAF_CHECK_EQUAL(text_at(row, "auth_token"), "mat_x");
  CAF_CHECK_EQUAL(text_at(row.at("agent").as_object(), "name"), "A");
  CAF_CHECK(text.find("12345678901234567890.10") != std::string::npos);
  CAF_CHECK(text.find("forged") == std::string::npos);
  CAF_CHECK(!row.contains("other"));
  task.input = "null";
  const auto bare = parse(write_daemon_claimed(task, runtime, "mat_x"));
  CAF_CHECK_EQUAL(text_at(bare.at("agent").as_object(), "id"), "claude");
  CAF_CHECK_EQUAL(text_at(bare, "issue_id"), "");
}

CAF_TEST(skills come from the input if it has them) {
  task_record task;
  task.input = R"({"daemon":{"skill_bundles":[{"id":"a","content":"A"},)"
               R"({"id":"b","content":"B"}]}})";
  CAF_CHECK_EQUAL(write_bundles(task, R"({"skills":[{"id":"b"}]})"),
                  R"({"bundles":[{"id":"b","content":"B"}]})");
  CAF_CHECK_EQUAL(write_bundles(task, R"({"skills":[{"id":"c"}]})"),
                  R"({"bundles":[]})");
  task.input = "null";
  CAF_CHECK_EQUAL(write_bundles(task, ""), R"({"bundles":[]})");
}

CAF_TEST(nothing that is merely unknown is called gone) {
  const auto now = *parse_rfc3339("2026-01-02T03:04:05Z");
  CAF_CHECK_EQUAL(text_at(parse(write_active_gc(now)), "status"), "active");
  const auto all = parse(*write_issues_gc(R"({"issue_ids":["a","b"]})", now));
  CAF_REQUIRE_EQUAL(all.at("issues").as_array().size(), 2u);
  const auto& first = all.at("issues").as_array()[0].as_object();
  CAF_CHECK(first.at("found").as_bool());
  CAF_CHECK_EQUAL(text_at(first, "status"), "active");
}

CAF_TEST(a job gets its input with its own id) {
  task_record task;
  task.id = some_task;
  task.kind = "review";
  task.input = R"({"task_id":"forged","target_id":9007199254740993,"kind":1})";
  CAF_CHECK_EQUAL(write_context(task),
                  R"({"task_id":")" + to_string(some_task)
                      + R"(","kind":"review","target_id":9007199254740993})");
}

CAF_TEST(what a run would post is counted) {
  const std::vector<std::tuple<std::string, std::string, std::uint32_t>> rows{
      {"inline", R"({"file":"a","line":1,"body":"Leak."})", 1},
      {"comment", R"({"body":"Hello","call_id":"c"})", 1},
      {"summary", R"({"body":" "})", 0},
      {"finalize", R"({"outcome":"finished"})", 0},
      {"finalize", R"({"summary":"S","comments":[{"body":"a"},{},"b"]})", 3},
      {"finalize", "", 0},
      {"inline/retract", R"({"file":"a","line":1,"body":"x"})", 0},
  };
  for (const auto& [part, body, count] : rows) {
    CAF_MESSAGE(part + " " + body);
    const auto report = parse_produced(some_task, part, body);
    CAF_REQUIRE(report);
    CAF_CHECK(report->kind == report_kind::produced);
    CAF_CHECK(report->produced == (produced_part{part, count}));
  }
  CAF_CHECK(*parse_produced(some_task, "finalize", R"({"intended_empty":true})")
                 ->intended_empty);
}

CAF_TEST(of a large text the head and the tail are kept) {
  const std::string words =
      "a line with \\\"quotes\\\" and \\ud83d\\ude00 faces\\n";
  std::string body = R"({"error":"first words )";
  while (body.size() < (8U << 20U))
    body += words;
  body += R"( the last words","failure_reason":"timeout"})";
  const auto object = read_bounded_object(body);
  CAF_REQUIRE(object);
  const auto text = text_at(*object, "error");
  CAF_CHECK(text.size() < (1U << 20U));
  CAF_CHECK(text.size() > (256U << 10U));
  CAF_CHECK(text.starts_with("first words"));
  CAF_CHECK(text.ends_with("the last words"));
  CAF_CHECK(text.find("bytes omitted") != std::string::npos);
  CAF_CHECK(text.find("\"quotes\"") != std::string::npos);
  CAF_CHECK_EQUAL(text_at(*object, "failure_reason"), "timeout");
  // Half of it is no JSON, and what is not a string comes as its text.
  CAF_CHECK(!read_bounded_object(body.substr(0, body.size() / 2)));
  std::string list = R"({"error":[)";
  while (list.size() < (2U << 20U))
    list += "\"element\", ";
  const auto other = read_bounded_object(list + "1]}");
  CAF_REQUIRE(other);
  CAF_CHECK(text_at(*other, "error").starts_with("[\"element\""));
}

CAF_TEST(a large batch is read element by element) {
  std::string body = R"({"reports":[)";
  const std::string filler(600'000, 'x');
  for (int i = 0; i < 3; ++i)
    body += (i == 0 ? "" : ",") + std::string{R"({"task_id":")"}
            + to_string(some_task) + R"(","status":"failed","detail":")"
            + filler + "\"}";
  const auto reports = parse_reports(body + R"(,7,{"status":"failed"}]})");
  CAF_REQUIRE(reports);
  CAF_REQUIRE_EQUAL(reports->size(), 5u);
  CAF_CHECK((*reports)[2].report->detail.size() == filler.size());
  CAF_CHECK((*reports)[3].refused == ec::invalid_field);
  CAF_CHECK((*reports)[4].refused == ec::invalid_field);
  CAF_CHECK(!parse_reports(body));
}
