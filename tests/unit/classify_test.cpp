// libs: telltale_status_intake
#define CAF_SUITE unit.classify

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "actors/status_intake/classify/classify.hpp"
#include "actors/status_intake/classify/plain_text.hpp"
#include "actors/status_intake/classify/words.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;

namespace {

struct said {
  std::string why;
  std::string text;
};

/// The rows of tests/data/classifier.tsv: reason, tab, text (`\\n`: line end).
std::vector<said> read_table() {
  const auto* root = std::getenv("TELLTALE_SOURCE_DIR");
  std::ifstream in{std::string{root ? root : "."}
                   + "/tests/data/classifier.tsv"};
  std::vector<said> rows;
  for (std::string line; std::getline(in, line);) {
    const auto tab = line.find('\t');
    if (line.starts_with('#') || tab == std::string::npos)
      continue;
    auto text = line.substr(tab + 1);
    for (auto at = text.find("\\n"); at != std::string::npos;
         at = text.find("\\n", at))
      text.replace(at, 2, "\n");
    rows.push_back({line.substr(0, tab), text});
  }
  return rows;
}

std::string reason_of(std::string_view text) {
  return classify(text).wire;
}

std::string line_of(std::string_view text) {
  return read_failure(text).telling_line;
}

/// What an agent says while all is well, of the same things that fail.
constexpr std::string_view prose =
    "I'll start by reading the module that talks to the provider.\n"
    "The rate limiter now answers 429 when the bucket is empty.\n"
    "- src/limits/quota_exceeded.ts: new helper\n"
    "Let me look at how the session handles 401 and 403.\n"
    "I added a retry for the case where the connection is reset by the peer.\n"
    "All 48 tests pass, also those for an overloaded server.\n"
    "Updated docs/model-not-found.md.\n";

std::string in_colours(std::string_view text) {
  return "\x1b[2K\x1b[1;31m" + std::string{text} + "\x1b[0m";
}

std::string cut_at(std::string_view text, std::size_t width) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += width)
    out.append(at > 0 ? "\n" : "").append(text.substr(at, width));
  return out;
}

const std::string_view no_credit =
    "API Error: 400 {\"type\":\"error\",\"error\":{\"type\":"
    "\"invalid_request_error\",\"message\":\"Your credit balance is too low "
    "to access the API. Please go to Plans and Billing to purchase "
    "credits.\"}}";

} // namespace

CAF_TEST(the table of real errors finds its reasons) {
  const auto rows = read_table();
  CAF_CHECK(rows.size() >= 300);
  for (const auto& row : rows) {
    CAF_MESSAGE(row.text);
    CAF_CHECK_EQUAL(reason_of(row.text), row.why);
  }
}

CAF_TEST(an empty text and one of blanks say nothing) {
  CAF_CHECK_EQUAL(reason_of(""), "agent_error.unknown");
  CAF_CHECK_EQUAL(reason_of(" \t\n"), "agent_error.unknown");
}

CAF_TEST(two halves of a proof count on one line and near each other alone) {
  const std::string far(400, '.');
  CAF_CHECK_EQUAL(reason_of("model gpt-9 does not exist"),
                  "agent_error.model_not_found_or_unavailable");
  CAF_CHECK_EQUAL(reason_of("model gpt-9\ndoes not exist"),
                  "agent_error.unknown");
  CAF_CHECK_EQUAL(reason_of("model gpt-9 " + far + " does not exist"),
                  "agent_error.unknown");
}

CAF_TEST(each row of the tables decides its own example) {
  for (const auto& row : phrases()) {
    if (row.how != proof::asserts && row.how != proof::mentions)
      continue;
    bool found = false;
    for (const auto& hit : find_phrases(row.example))
      found = found || hit.row == &row;
    if (!found || reason_of(row.example) == "agent_error.unknown")
      CAF_MESSAGE(std::string{row.text} + " in " + std::string{row.example}
                  + ": " + reason_of(row.example));
    CAF_CHECK(found);
    CAF_CHECK(reason_of(row.example) != "agent_error.unknown");
  }
  for (const auto& pair : cue_pairs()) {
    CAF_MESSAGE(pair.example);
    CAF_CHECK(reason_of(pair.example) != "agent_error.unknown");
  }
}

CAF_TEST(prose of an agent before an error changes nothing) {
  for (const auto& row : read_table()) {
    if (row.why == "agent_error.unknown")
      continue;
    const auto told = reason_of(std::string{prose} + row.text);
    if (told != row.why)
      CAF_MESSAGE(row.text + " became " + told);
    CAF_CHECK_EQUAL(told, row.why);
  }
  CAF_CHECK_EQUAL(reason_of(prose), "agent_error.unknown");
}

CAF_TEST(colours and line ends and wrapping and case are no words) {
  const std::string quota = "agent_error.provider_quota_limit";
  CAF_CHECK_EQUAL(reason_of(in_colours(no_credit)), quota);
  CAF_CHECK_EQUAL(reason_of(std::string{no_credit} + "\r\n"), quota);
  CAF_CHECK_EQUAL(reason_of(cut_at(no_credit, 80)), quota);
  CAF_CHECK_EQUAL(reason_of(cut_at(no_credit, 100)), quota);
  CAF_CHECK_EQUAL(reason_of("[31mInsufficient Balance[0m"), quota);
  CAF_CHECK_EQUAL(reason_of("10 %\r50 %\r100 %\nINSUFFICIENT BALANCE"), quota);
  CAF_CHECK_EQUAL(line_of(in_colours(no_credit)), line_of(no_credit));
  CAF_CHECK_EQUAL(line_of(cut_at(no_credit, 80)), line_of(no_credit));
}

CAF_TEST(a text that was not wrapped keeps its lines) {
  const std::string text = "short\nlines\n\nstay";
  CAF_CHECK_EQUAL(unwrapped(text), text);
}

CAF_TEST(a structure is read in all the ways in which it is printed) {
  const std::string overloaded = "agent_error.provider_capacity_or_rate_limit";
  for (
      const std::string_view text :
      {R"({"type":"error","error":{"type":"overloaded_error","message":"x y z"}})",
       R"({'type': 'error', 'error': {'type': 'overloaded_error', 'message': "it's"}})",
       R"(err="{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}")",
       R"({:status=>529, :body=>{:type=>"error", :error=>{:type=>"overloaded_error"}}})",
       R"({"error":{"message":"{\"error\":{\"code\":429,\"message\":\"later\"}}"}})",
       "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": \"later\"\n"
       "  }\n}"}) {
    CAF_MESSAGE(text);
    CAF_CHECK_EQUAL(reason_of(text), overloaded);
  }
}

CAF_TEST(what is said beside an error in its structure is no evidence) {
  CAF_CHECK_EQUAL(
      reason_of(R"({"error":{"code":500,"message":"oops"},"title":"x",)"
                R"("prompt":"what does 401 unauthorized mean?"})"),
      "agent_error.provider_server_error");
  CAF_CHECK_EQUAL(reason_of(R"({"level":"info","msg":"rate limit exceeded"})"),
                  "agent_error.unknown");
}

CAF_TEST(the strongest evidence decides and the last of equals) {
  CAF_CHECK_EQUAL(
      reason_of("API Error: 529 {\"type\":\"error\",\"error\":{\"type\":"
                "\"overloaded_error\"}}\nconnection closed\nexit status 1"),
      "agent_error.provider_capacity_or_rate_limit");
  CAF_CHECK_EQUAL(reason_of("Error: HTTP 500\nError: HTTP 401"),
                  "agent_error.provider_auth_or_access");
}

CAF_TEST(another program is not the model provider) {
  for (const std::string_view text :
       {"docker: Error response from daemon: manifest for a/b:c not found",
        "Failed to pull image \"a/b\": unexpected status: 401 Unauthorized",
        "prepare environment: git clone: exit status 128: error: 403"})
    CAF_CHECK_EQUAL(reason_of(text), "environment_prepare_failed");
  CAF_CHECK_EQUAL(reason_of("git push failed: remote: 403"),
                  "agent_error.unknown");
}

CAF_TEST(the line of a traceback is that of its exception) {
  CAF_CHECK_EQUAL(
      line_of("Traceback (most recent call last):\n  File \"a.py\", line 1\n"
              "    go()\nValueError: no plan"),
      "ValueError: no plan");
  CAF_CHECK_EQUAL(line_of("thread 'main' panicked at src/a.rs:1:2:\nnot there"),
                  "thread 'main' panicked at src/a.rs:1:2: not there");
}

CAF_TEST(an exit code leaves the line to the error before it) {
  const std::string text = "[1/2] Building\na.cpp:3:4: error: no such member\n"
                           "1 more line\nand one\nexit status 1";
  CAF_CHECK_EQUAL(reason_of(text), "agent_error.process_failure");
  CAF_CHECK_EQUAL(line_of(text), "a.cpp:3:4: error: no such member");
  CAF_CHECK_EQUAL(line_of("exit status 1"), "exit status 1");
}

CAF_TEST(a structure is told by its message) {
  CAF_CHECK_EQUAL(line_of(no_credit),
                  "API Error: 400 Your credit balance is too low to access the "
                  "API. Please go to Plans and Billing to purchase credits.");
}

CAF_TEST(a long line is cut around what decided) {
  const std::string far(2'000, 'x');
  const auto line = line_of("error: " + far + " HTTP 401 " + far);
  CAF_CHECK(line.find("HTTP 401") != std::string::npos);
  CAF_CHECK(line.size() < 310);
}

CAF_TEST(a text without a reason is told by what a person would quote) {
  CAF_CHECK_EQUAL(line_of("one\ntwo\nerror: it broke\n\n    at a (b.js:1:2)"),
                  "error: it broke");
  CAF_CHECK_EQUAL(line_of(""), "");
}

CAF_TEST(a reason that the runner names is kept) {
  const auto failed = task_status::failed;
  const auto found = read_failure("HTTP 401");
  const failure_reason named{"agent_blocked"};
  CAF_CHECK_EQUAL(settle_reason(failed, named, found).wire, "agent_blocked");
  const failure_reason own{"their.own_reason"};
  CAF_CHECK_EQUAL(settle_reason(failed, own, found).wire, "their.own_reason");
}

CAF_TEST(a coarse or missing reason is refined by the text) {
  const auto failed = task_status::failed;
  const auto found = read_failure("HTTP 401");
  for (const std::string coarse : {"agent_error", "agent_error.unknown", " "})
    CAF_CHECK_EQUAL(settle_reason(failed, failure_reason{coarse}, found).wire,
                    "agent_error.provider_auth_or_access");
  CAF_CHECK_EQUAL(settle_reason(failed, std::nullopt, read_failure("")).wire,
                  "agent_error.unknown");
  CAF_CHECK_EQUAL(
      settle_reason(task_status::timed_out, std::nullopt, found).wire,
      "timeout");
}

CAF_TEST(every reason can be reached from text) {
  for (const auto& row : failure_reasons()) {
    bool reached = row.code == reason::agent_unknown;
    for (const auto& each : phrases())
      reached =
          reached
          || (!each.example.empty() && reason_of(each.example) == row.wire);
    CAF_MESSAGE(row.wire);
    CAF_CHECK(reached);
  }
}
