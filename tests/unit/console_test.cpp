// libs: telltale_operate telltale_manual
#define CAF_SUITE unit.console

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "commands/admin/manual.hpp"
#include "commands/client/console.hpp"
#include "commands/operate/event_lines.hpp"
#include "commands/operate/report.hpp"
#include "commands/operate/why.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace telltale::commands;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const timestamp now = *parse_rfc3339("2026-06-23T12:00:00Z");

const json::value reasons = json::parse(R"({"failure_reasons": [
  {"failure_reason": "timeout",
   "copy": {"en": "It ran out of time.", "zh-CN": "运行超时。"}}]})");

json::object failed_task() {
  return json::parse(R"({
    "id": "01890000-0000-7000-8000-000000000001", "kind": "review",
    "title": "PR 7", "status": "failed", "outcome": "failed", "attempt": 2,
    "max_attempts": 2, "failure_reason": "timeout",
    "error_detail": "asking\nno answer\nfrom the model",
    "telling_line": "no answer", "chat_session_id": "s",
    "created_at": "2026-06-23T10:00:00.000000Z",
    "completed_at": "2026-06-23T11:00:00.000000Z",
    "attempts": [
      {"attempt": 1, "runner_id": "a", "status": "timed_out",
       "started_at": "2026-06-23T10:00:00Z", "ended_at": "2026-06-23T10:00:45Z",
       "failure_reason": "timeout", "error_detail": "task timed out",
       "late_report": {"status": "succeeded", "error_detail": "did it"}},
      {"attempt": 2, "runner_id": "b", "status": "failed",
       "started_at": "2026-06-23T10:59:00Z", "ended_at": "2026-06-23T11:00:00Z",
       "failure_reason": "timeout", "error_detail": "asking\nno reply",
       "telling_line": "no reply"}],
    "deliveries": [
      {"state": "sent", "relay": "octo", "chat_id": "C1", "tries": 1,
       "sent_at": "2026-06-23T11:00:01Z", "text": "⚠️ no answer"},
      {"state": "dead", "relay": "lark", "chat_id": "oc", "tries": 10,
       "last_error": "230002: the bot is not in the chat"}]})")
      .as_object();
}

std::string screen(const json::object& task, std::string_view locale = "en") {
  return why_screen(task, reasons, locale, terminal{}, now);
}

} // namespace

CAF_TEST(text from elsewhere cannot control the terminal) {
  struct {
    std::string text, shown;
  } const rows[] = {
      {"plain", "plain"},
      {"\033[31mred\033[0m", "red"},
      {"\033]0;title\007x", "]0;titlex"},
      {"a\rb\bc\x7f", "abc"},
      {"a\tb\nc", "a b c"},
      {"\xc2\x9b"
       "31mx",
       "31mx"},
      {"\u202egnp.exe", "gnp.exe"},
      {"z\u200bw", "zw"},
      {"\xff\xfe", "\ufffd\ufffd"},
      {"运行 \U0001F600", "运行 \U0001F600"},
      {"cut \xe8\xbf", "cut \ufffd\ufffd"},
  };
  for (const auto& row : rows)
    CAF_CHECK_EQUAL(printable(row.text), row.shown);
  CAF_CHECK_EQUAL(printable("a\nb", true), "a\nb");
}

CAF_TEST(JSON for a terminal holds no character that acts on it) {
  const std::string hostile = "a\xc2\x9b"
                              "2J\xe2\x80\xae"
                              "b\xe6\xa3\x80";
  const auto shown =
      display_json(boost::json::serialize(boost::json::object{{"t", hostile}}));
  CAF_CHECK_EQUAL(shown, "{\"t\":\"a\\u009b2J\\u202eb\xe6\xa3\x80\"}");
  CAF_CHECK_EQUAL(std::string{boost::json::parse(shown).at("t").as_string()},
                  hostile);
}

CAF_TEST(widths count what a terminal shows) {
  CAF_CHECK_EQUAL(columns_of("abc"), 3U);
  CAF_CHECK_EQUAL(columns_of("运行"), 4U);
  CAF_CHECK_EQUAL(columns_of("e\u0301"), 1U);
  CAF_CHECK_EQUAL(fit("abcdef", 4), "abc\u2026");
  CAF_CHECK_EQUAL(fit("abcd", 4), "abcd");
  CAF_CHECK_EQUAL(fit("运行时", 4), "运\u2026");
  CAF_CHECK_EQUAL(fit("abc", 0), "");
}

CAF_TEST(spans and ages are said in one unit) {
  CAF_CHECK_EQUAL(span_words(250ms), "250 ms");
  CAF_CHECK_EQUAL(span_words(119s), "119 s");
  CAF_CHECK_EQUAL(span_words(2min), "2 min");
  CAF_CHECK_EQUAL(span_words(3h), "3 h");
  CAF_CHECK_EQUAL(span_words(48h), "2 d");
  CAF_CHECK_EQUAL(age_words(now - 90s, now), "90 s ago");
  CAF_CHECK_EQUAL(age_words(now + 5min, now), "in 5 min");
  CAF_CHECK_EQUAL(age_words(now, now), "now");
}

CAF_TEST(a table is as wide as its cells and the last is cut to the line) {
  table rows{{"a", "what"}};
  rows.add({{"long one"}, {"0123456789abcdef"}});
  CAF_CHECK_EQUAL(rows.print(terminal{}), "a         what\n"
                                          "long one  0123456789abcdef\n");
  CAF_CHECK_EQUAL(rows.print(terminal{false, 20}),
                  "a         what\n"
                  "long one  012345678\u2026\n");
  CAF_CHECK(has(rows.print(terminal{true, 0}), "\033[2m"));
}

CAF_TEST(spans on the command line have units) {
  CAF_CHECK(read_span("90") == 90s);
  CAF_CHECK(read_span("15m") == 15min);
  CAF_CHECK(read_span("2h") == 2h);
  CAF_CHECK(read_span("1d") == 24h);
  for (const auto* bad : {"", "h", "-1h", "2x", "1.5h", "99999999999h"})
    CAF_CHECK(!read_span(bad));
  CAF_CHECK_EQUAL(query_of({{"a", "x y"}, {"b", ""}, {"c", "&"}}),
                  "?a=x%20y&c=%26");
  CAF_CHECK_EQUAL(query_of({{"a", ""}}), "");
}

CAF_TEST(why tells what happened and each attempt and who was told) {
  const auto text = screen(failed_task());
  CAF_MESSAGE(text);
  CAF_CHECK(text.starts_with("Review did not post: no answer\n"));
  CAF_CHECK(has(text, "attempt 2 of 2, ended 60 min ago"));
  CAF_CHECK(has(text, "timeout: It ran out of time."));
  CAF_CHECK(has(text, "    from the model\n"));
  CAF_CHECK(has(text, "1  timed_out  45 s"));
  CAF_CHECK(has(text, "timeout  no reply\n"));
  CAF_CHECK(
      has(text, "Attempt 1 reported again after its end: succeeded did it"));
  CAF_CHECK(
      has(text, "sent   octo   C1    1      59 min ago: ⚠️ no answer"));
  CAF_CHECK(has(text, "230002: the bot is not in the chat"));
}

CAF_TEST(why speaks in the words of the kind and of the outcome) {
  const auto first_line_of = [](json::object task) {
    const auto text = screen(task);
    return text.substr(0, text.find('\n'));
  };
  auto task = failed_task();
  task["kind"] = "build";
  CAF_CHECK_EQUAL(first_line_of(task), "Build did not finish: no answer");
  // A sentinel is no detail: the copy speaks.
  task["error_detail"] = task["telling_line"] = "task timed out";
  CAF_CHECK_EQUAL(first_line_of(task),
                  "Build did not finish: It ran out of time.");
  CAF_CHECK(
      screen(task, "zh-CN").starts_with("Build did not finish: 运行超时"));
  CAF_CHECK(screen(task, "fr").starts_with("Build did not finish: It ran out"));
  task["failure_reason"] = "not.in.the.taxonomy";
  CAF_CHECK_EQUAL(first_line_of(task),
                  "Build did not finish: The run failed for a reason that this "
                  "service has no words for.");
  task["status"] = "succeeded";
  task["outcome"] = "silent_noop";
  task["kind"] = "code_review";
  task["error_detail"] = task["telling_line"] = nullptr;
  CAF_CHECK_EQUAL(first_line_of(task),
                  "Code review did not post: it ended well and said nothing");
  task["outcome"] = "unverified";
  CAF_CHECK(has(first_line_of(task), "did not say"));
  task["status"] = "queued";
  task["outcome"] = nullptr;
  CAF_CHECK_EQUAL(first_line_of(task), "It waits for another attempt.");
}

CAF_TEST(why says to whom nothing was told and why) {
  auto task = failed_task();
  task["deliveries"] = json::array{};
  CAF_CHECK(has(screen(task), "is chat session s bound to a chat?"));
  task["chat_session_id"] = nullptr;
  CAF_CHECK(has(screen(task), "the task names no chat session"));
}

CAF_TEST(a hostile detail changes nothing but its own words) {
  auto task = failed_task();
  task["error_detail"] = "\033[2J\033[H\u202eall is well\n\033]0;x\007";
  task["telling_line"] = "\033[2J\033[H\u202eall is well";
  const auto text = screen(task);
  CAF_CHECK(!has(text, "\033"));
  CAF_CHECK(!has(text, "\u202e"));
  CAF_CHECK(!has(text, "\007"));
}

CAF_TEST(a task is named by id or by a link to its run) {
  CAF_CHECK_EQUAL(task_named("abc"), "abc");
  CAF_CHECK_EQUAL(task_named("https://t.example/runs/abc/?x=1"), "abc");
  CAF_CHECK_EQUAL(task_named("https://t.example/runs/abc/"), "abc");
  CAF_CHECK_EQUAL(task_named("https://t.example/runs/abc#top"), "abc");
}

CAF_TEST(an event stream is read in pieces of any size) {
  const std::string stream = ": hello\n\nid: 7\nevent: task:failed\n"
                             "data: {\"a\":1}\n\nid:8\r\nevent:x\r\ndata: p\r\n"
                             "data: q\r\n\r\nevent: none\n\n";
  const std::vector<stream_event> wanted{{7, "task:failed", "{\"a\":1}"},
                                         {8, "x", "p\nq"}};
  for (std::size_t size : {std::size_t{1}, std::size_t{3}, stream.size()}) {
    std::vector<stream_event> heard;
    stream_reader reader;
    for (std::size_t at = 0; at < stream.size(); at += size)
      reader.feed(std::string_view{stream}.substr(at, size),
                  [&](const stream_event& event) { heard.push_back(event); });
    CAF_CHECK(heard == wanted);
  }
}

CAF_TEST(a line about an event says when and what and why) {
  const auto envelope = json::parse(R"({"type": "task:failed",
    "task_id": "01890000-0000-7000-8000-000000000001", "payload": {
      "title": "PR 7", "failure_reason": "timeout", "error": "no\nanswer",
      "retry_pending": true, "occurred_at": "2026-06-23T10:49:00.000000Z"}})");
  CAF_CHECK_EQUAL(event_line(envelope, terminal{}, now),
                  "10:49:00  task:failed     "
                  "01890000-0000-7000-8000-000000000001  PR 7  timeout  "
                  "(another attempt is coming)  no");
  CAF_MESSAGE("the line that tells comes before the detail");
  auto told = envelope;
  told.at("payload").as_object()["telling_line"] = "answer";
  CAF_CHECK(event_line(told, terminal{}, now).ends_with("coming)  answer"));
  CAF_CHECK(is_wanted("task:failed", {}));
  CAF_CHECK(is_wanted("task:failed", {"failed"}));
  CAF_CHECK(is_wanted("task:failed", {"task:failed"}));
  CAF_CHECK(!is_wanted("task:failed", {"sent"}));
}

CAF_TEST(the report says how many successes posted nothing and why) {
  const auto stats = json::parse(R"({"window": "14d", "bucket": "1d",
    "since": "2026-06-09T12:00:00.000000Z",
    "until": "2026-06-23T12:00:00.000000Z", "finished": 150, "succeeded": 144,
    "unknown_share": 0.5,
    "outcomes": {"delivered": 30, "clean": 10, "silent_noop": 98,
                 "unverified": 6, "failed": 6, "cancelled": 0},
    "reasons": [{"failure_reason": "timeout", "count": 3},
                {"failure_reason": "agent_error.unknown", "count": 3}],
    "retried": [{"failure_reason": "timeout", "count": 2}],
    "no_op_details": [{"telling_line": "token \u001b[2Jexpired", "count": 60},
                      {"telling_line": null, "count": 30}],
    "newest_causes": [{"failure_reason": "timeout", "telling_line": "x",
                       "count": 3}],
    "buckets": [{"start": "2026-06-23T00:00:00.000000Z", "succeeded": 144,
                 "outcomes": {"silent_noop": 98, "failed": 6}}],
    "deliveries": {"pending": 2, "dead": 1, "oldest_pending_seconds": 61.5}})");
  const auto text = report_text(stats, terminal{});
  CAF_MESSAGE(text);
  CAF_CHECK(has(text, "Of 144 runs that succeeded, 98 posted nothing (68 %)."));
  CAF_CHECK(has(text, "60    token expired\n"));
  CAF_CHECK(has(text, "30    none was given\n"));
  CAF_CHECK(has(text, "8     others\n"));
  CAF_CHECK(has(text, "Failures: 6 of 150 finished runs"));
  CAF_CHECK(has(text, "3     50 %   timeout\n"));
  CAF_CHECK(has(text, "2 attempts more failed"));
  CAF_CHECK(has(text, "1 could not be delivered"));
  CAF_CHECK(has(text, "2 wait, the oldest for 61 s"));
  CAF_CHECK(has(text, "2026-06-23  144        98 (68 %)"));
  CAF_CHECK(has(text, "no known cause"));
  CAF_CHECK(!has(text, "\033"));
  // Nothing at all is a report too.
  CAF_CHECK(has(report_text(json::object{}, terminal{}),
                "Of 0 runs that succeeded, 0 posted nothing (0 %)."));
  CAF_CHECK_EQUAL(percent(98, 144), "68 %");
  CAF_CHECK_EQUAL(percent(1, 1000), "< 1 %");
  CAF_CHECK_EQUAL(percent(999, 1000), "> 99 %");
  CAF_CHECK_EQUAL(percent(1000, 1000), "100 %");
}

CAF_TEST(completions and the manual name every command and option) {
  CLI::App program{"About it.", "telltale"};
  auto* sub = program.add_subcommand("why", "Tell why it's so: [x]");
  bool flag = false;
  std::string value;
  sub->add_flag("--last", flag, "The last one");
  sub->add_option("-q,--search", value, ".words\\n")->envname("SOME_NAME");
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto text = completion_for(program, shell);
    CAF_CHECK(has(text, "why"));
    CAF_CHECK(has(text, "last"));
    CAF_CHECK(has(text, "search"));
  }
  CAF_CHECK_EQUAL(completion_for(program, "csh"), "");
  CAF_CHECK(has(completion_for(program, "zsh"), "it'\\''s so\\: \\[x\\]"));
  const auto page = manual_page(program, "1.2.3");
  CAF_CHECK(has(page, ".SS \"telltale why\""));
  CAF_CHECK(has(page, "\\&.words\\en"));
  CAF_CHECK(has(page, "SOME_NAME"));
  CAF_CHECK(!has(page, "help"));
}
