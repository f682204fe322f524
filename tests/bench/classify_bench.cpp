// What reading a failure costs, with its telling line and fingerprint:
// throughput on transcripts of 4 KiB, and texts that try to be slow.
// `scripts/bench words` reads its answer. Times are those of the thread, so
// that neighbours on the machine count less.

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "actors/status_intake/classify/classify.hpp"
#include "messages/fingerprint.hpp"

using namespace telltale;

namespace {

constexpr std::size_t transcript_size = 4096;
constexpr std::size_t mebibyte = 1U << 20U;

/// The tail of a terminal: prose, commands, tests, and an error at the end.
std::string transcript(std::size_t n) {
  static constexpr std::string_view lines[] = {
      "I'll start by reading the module that talks to the provider.",
      "$ go test ./... -run TestLimits",
      "ok      example.com/app/limits  0.412s",
      "The rate limiter now answers 429 when the bucket is empty.",
      "- src/limits/quota_exceeded.ts: new helper, 41 lines",
      "2026-11-20T10:00:09Z INFO tool=shell exit=0 took=1.2s",
      "  at Object.<anonymous> (/srv/app/dist/server.js:120:14)",
      "Let me look at how the session handles an expired login.",
      "+  return retry(request, { after: 30 });",
      "All 48 tests pass; I am running the linter once more."};
  std::string out;
  for (std::size_t i = n; out.size() < transcript_size - 200; ++i)
    out.append(lines[i * 7 % std::size(lines)]).append("\n");
  out += "API Error: 429 {\"type\":\"error\",\"error\":{\"type\":"
         "\"rate_limit_error\",\"message\":\"slow down, run "
         + std::to_string(n) + "\"}}\nexit status 1\n";
  return out;
}

std::size_t read_text(std::string_view text) {
  const auto found = read_failure(text);
  return fingerprint(found.failure_reason.wire, found.telling_line).size();
}

void transcripts(benchmark::State& state) {
  std::vector<std::string> texts;
  for (std::size_t n = 0; n < 512; ++n)
    texts.push_back(transcript(n));
  std::size_t bytes = 0;
  for (auto _ : state)
    for (const auto& text : texts) {
      benchmark::DoNotOptimize(read_text(text));
      bytes += text.size();
    }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

std::string repeated(std::string_view part, std::size_t size) {
  std::string out;
  while (out.size() < size)
    out.append(part);
  return out;
}

struct shape {
  const char* name;
  std::string_view part;
};

constexpr shape shapes[] = {
    {"cues", "error 401 model not found rate limit exceeded "},
    {"cue_lines", "error: HTTP 429 quota exceeded\n"},
    {"brackets", "{\"error\":{\"a\":["},
    {"quotes", "\"a\":\"\\\"b\\\":\\\"{"},
    {"backslashes", "\\\\\\\"\\"},
    {"escapes", "\x1b[31m\x1b]0;x\x1b[2K"},
    {"returns", "50 %\r"},
    {"ticks", "`rate limit` "},
    {"wrapped", "0123456789012345678901234567890123456789012345678901234567890"
                "123456789012345678\n"},
    {"names", "a_b.c/d-e_rate_limit_f."},
    {"statuses", "code 401 "}};

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec)
         + static_cast<double>(now.tv_nsec) / 1e9;
}

void hostile(benchmark::State& state, const shape& what) {
  const auto text =
      repeated(what.part, static_cast<std::size_t>(state.range(0)));
  std::vector<double> seconds;
  for (auto _ : state) {
    const auto begin = thread_seconds();
    benchmark::DoNotOptimize(read_text(text));
    seconds.push_back(thread_seconds() - begin);
  }
  std::sort(seconds.begin(), seconds.end());
  state.counters["median_ms"] = seconds[seconds.size() / 2] * 1e3;
}

} // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("transcripts", transcripts)
      ->Unit(benchmark::kMillisecond);
  for (const auto& each : shapes)
    benchmark::RegisterBenchmark(
        (std::string{"hostile/"} + each.name).c_str(),
        [&each](benchmark::State& state) { hostile(state, each); })
        ->Arg(static_cast<std::int64_t>(mebibyte))
        ->Arg(static_cast<std::int64_t>(2 * mebibyte))
        ->Iterations(5)
        ->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 64;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
