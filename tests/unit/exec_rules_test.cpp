// libs: telltale_exec
#define CAF_SUITE unit.exec_rules

#include "commands/exec/exec_rules.hpp"

#include <cerrno>
#include <csignal>

#include <caf/test/dsl.hpp>

using namespace telltale::commands;
using namespace std::chrono_literals;

namespace {

run_facts facts_of(command_end end) {
  run_facts out;
  out.end = end;
  out.program = "reviewer";
  out.timeout = 90s;
  out.error_tail = "curl: connection refused\n";
  out.output_tail = "step 1\nstep 2\n";
  return out;
}

command_end exited(int code) {
  command_end out;
  out.exit_code = code;
  return out;
}

command_end killed(int number) {
  command_end out;
  out.signal = number;
  return out;
}

command_end unspawned(int error) {
  command_end out;
  out.spawn_error = error;
  return out;
}

command_end cut_by(cut_short why) {
  command_end out;
  out.signal = SIGTERM;
  out.cut = why;
  return out;
}

bool ends_with_line(const std::string& text, const std::string& line) {
  return text == line
         || (text.size() > line.size()
             && text.substr(text.size() - line.size() - 1) == "\n" + line);
}

} // namespace

CAF_TEST(every end of a command has its exit code) {
  CAF_CHECK_EQUAL(exit_code_of(exited(0)), 0);
  CAF_CHECK_EQUAL(exit_code_of(exited(7)), 7);
  CAF_CHECK_EQUAL(exit_code_of(killed(SIGKILL)), 137);
  CAF_CHECK_EQUAL(exit_code_of(unspawned(ENOENT)), 127);
  CAF_CHECK_EQUAL(exit_code_of(unspawned(EACCES)), 126);
  CAF_CHECK_EQUAL(exit_code_of(cut_by(cut_short::timed_out)), 124);
  CAF_CHECK_EQUAL(exit_code_of(cut_by(cut_short::stopped)), 143);
}

CAF_TEST(a success says what it posted and carries no detail) {
  auto facts = facts_of(exited(0));
  facts.posted = 2;
  auto report = final_report(facts);
  CAF_CHECK_EQUAL(report.status, "succeeded");
  CAF_CHECK(report.posted == 2);
  CAF_CHECK_EQUAL(report.detail, "");
  CAF_CHECK_EQUAL(report.failure_reason, "");
}

CAF_TEST(a success of which nobody said what it posted stays unverified) {
  auto report = final_report(facts_of(exited(0)));
  CAF_CHECK(!report.posted);
  CAF_CHECK_EQUAL(report.detail, "");
}

CAF_TEST(a success that posted nothing brings its last words) {
  auto facts = facts_of(exited(0));
  facts.posted = 0;
  auto report = final_report(facts);
  CAF_CHECK(report.posted == 0);
  CAF_CHECK_EQUAL(report.detail, "curl: connection refused\nstep 1\nstep 2");
}

CAF_TEST(a failing exit leaves the reason to the text) {
  auto report = final_report(facts_of(exited(3)));
  CAF_CHECK_EQUAL(report.status, "failed");
  CAF_CHECK_EQUAL(report.failure_reason, "");
  CAF_CHECK_EQUAL(report.detail,
                  "curl: connection refused\nstep 1\nstep 2\nexit status 3");
}

CAF_TEST(the operating system settles the reasons that it knows) {
  auto killed_one = final_report(facts_of(killed(SIGSEGV)));
  CAF_CHECK_EQUAL(killed_one.failure_reason, "agent_error.process_failure");
  CAF_CHECK(ends_with_line(killed_one.detail, "killed by signal 11 (SIGSEGV)"));
  auto missing = final_report(facts_of(unspawned(ENOENT)));
  CAF_CHECK_EQUAL(missing.failure_reason,
                  "agent_error.runtime_missing_executable");
  CAF_CHECK(
      ends_with_line(missing.detail, "executable file not found: reviewer"));
  auto garbled = final_report(facts_of(unspawned(ENOEXEC)));
  CAF_CHECK_EQUAL(garbled.failure_reason,
                  "agent_error.runtime_missing_executable");
  auto denied = final_report(facts_of(unspawned(EACCES)));
  CAF_CHECK_EQUAL(denied.failure_reason, "");
  CAF_CHECK(
      ends_with_line(denied.detail, "cannot run reviewer: Permission denied"));
}

CAF_TEST(a timeout and a stop are told as such whatever signal ended them) {
  auto late = final_report(facts_of(cut_by(cut_short::timed_out)));
  CAF_CHECK_EQUAL(late.status, "timed_out");
  CAF_CHECK_EQUAL(late.failure_reason, "timeout");
  CAF_CHECK(ends_with_line(late.detail, "timed out after 1m30s"));
  auto stopped = final_report(facts_of(cut_by(cut_short::stopped)));
  CAF_CHECK_EQUAL(stopped.status, "cancelled");
  CAF_CHECK_EQUAL(stopped.failure_reason, "");
}

CAF_TEST(a detail keeps to its bound and always ends with the verdict) {
  auto facts = facts_of(exited(1));
  facts.tail_bytes = 300;
  facts.error_tail.clear();
  facts.output_tail.clear();
  for (int i = 0; i < 200; ++i) {
    facts.error_tail += "error line " + std::to_string(i) + "\n";
    facts.output_tail += "output line " + std::to_string(i) + "\n";
  }
  auto detail = final_report(facts).detail;
  CAF_CHECK(detail.size() <= 300);
  CAF_CHECK(detail.substr(0, 11) == "error line ");
  CAF_CHECK(detail.find("error line 199\noutput line ") != std::string::npos);
  CAF_CHECK(ends_with_line(detail, "output line 199\nexit status 1"));
}

CAF_TEST(a tail begins with a whole line or on a character) {
  CAF_CHECK_EQUAL(last_lines("one\ntwo\nthree", 20), "one\ntwo\nthree");
  CAF_CHECK_EQUAL(last_lines("one\ntwo\nthree", 9), "two\nthree");
  CAF_CHECK_EQUAL(last_lines("one\ntwo\nthree", 8), "three");
  CAF_CHECK_EQUAL(last_lines("aé漢", 4), "漢");
  CAF_CHECK_EQUAL(last_lines("one long line", 4), "line");
  CAF_CHECK_EQUAL(last_lines("", 4), "");
}

CAF_TEST(one stream may use the room that the other leaves) {
  CAF_CHECK_EQUAL(join_tails("", "out\n", 100), "out");
  CAF_CHECK_EQUAL(join_tails("err\n", "", 100), "err");
  CAF_CHECK_EQUAL(join_tails("err\n", "out\n", 100), "err\nout");
  CAF_CHECK_EQUAL(join_tails("e", std::string(200, 'o'), 100).size(), 100u);
  CAF_CHECK_EQUAL(join_tails(std::string(200, 'e'), "o", 100).size(), 100u);
}

CAF_TEST(a tail buffer keeps the end of a flood) {
  tail_buffer tail{8};
  CAF_CHECK_EQUAL(tail.view(), "");
  for (char c = 'a'; c <= 'z'; ++c)
    tail.append(std::string(1, c));
  CAF_CHECK_EQUAL(tail.view(), "stuvwxyz");
  tail.append("0123456789");
  CAF_CHECK_EQUAL(tail.view(), "23456789");
}

CAF_TEST(durations and sizes are read with their units alone) {
  CAF_CHECK(parse_duration("90") == 90s);
  CAF_CHECK(parse_duration("15m") == 15min);
  CAF_CHECK(parse_duration("2h") == 2h);
  CAF_CHECK(parse_duration("250ms") == 250ms);
  for (auto bad : {"", "s", "-1s", "1.5s", "1 s", "1d", "99999999999h"})
    CAF_CHECK(!parse_duration(bad));
  CAF_CHECK(parse_bytes("4096") == 4096u);
  CAF_CHECK(parse_bytes("16k") == 16384u);
  CAF_CHECK(parse_bytes("1m") == 1048576u);
  for (auto bad : {"", "k", "-1", "1g", "65m"})
    CAF_CHECK(!parse_bytes(bad));
}

CAF_TEST(a title is one line of at most 300 characters) {
  CAF_CHECK_EQUAL(title_of({"make", "-j2", "two\nlines"}),
                  "make -j2 two lines");
  std::string longest;
  for (int i = 0; i < 300; ++i)
    longest += "漢";
  CAF_CHECK_EQUAL(title_of({longest}), longest);
  auto cut = title_of({longest + "字"});
  CAF_CHECK_EQUAL(cut.size(), 300u * 3u);
  CAF_CHECK_EQUAL(cut.substr(cut.size() - 3), "…");
}

CAF_TEST(text that is no UTF 8 is mended before it is sent) {
  CAF_CHECK_EQUAL(clean_utf8("plain é 漢 😀"), "plain é 漢 😀");
  CAF_CHECK_EQUAL(clean_utf8("a\xff"
                             "b"),
                  "a\xef\xbf\xbd"
                  "b");
  CAF_CHECK_EQUAL(clean_utf8("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");
  CAF_CHECK_EQUAL(clean_utf8(std::string_view{"a\0b", 3}), "ab");
  CAF_CHECK_EQUAL(clean_utf8("\xe6\xbc"), "\xef\xbf\xbd\xef\xbf\xbd");
}

CAF_TEST(a report leaves out what nobody said) {
  wire_report what;
  what.status = "running";
  auto call = report_call("a b", what);
  CAF_CHECK_EQUAL(call.path, "/internal/tasks/a%20b/status");
  CAF_CHECK_EQUAL(call.body->size(), 1u);
  what.posted = 0;
  what.attempt = 2;
  what.intended_empty = true;
  CAF_CHECK_EQUAL(report_call("a", what).body->size(), 4u);
}

CAF_TEST(only trouble that may pass is worth another try) {
  service_answer answer;
  CAF_CHECK(answer.is_worth_a_retry());
  for (auto status : {408u, 429u, 500u, 503u}) {
    answer.status = status;
    CAF_CHECK(answer.is_worth_a_retry());
  }
  for (auto status : {200u, 204u, 400u, 401u, 404u, 409u, 422u}) {
    answer.status = status;
    CAF_CHECK(!answer.is_worth_a_retry());
  }
}

CAF_TEST(waits between tries double up to their bound) {
  CAF_CHECK(backoff(0) == 250ms);
  CAF_CHECK(backoff(2) == 1s);
  CAF_CHECK(backoff(5) == 8s);
  CAF_CHECK(backoff(500) == 8s);
}
