// What redaction costs: throughput on texts as runners send them, the time that
// one text takes, and the texts that try to be slow. `scripts/bench redaction`
// reads its answer; `--benchmark_filter=hostile` and the like show parts. Times
// are those of the thread, so that neighbours on the machine count less.

#include <algorithm>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "actors/redaction/engine.hpp"
#include "tests/support/redaction_shapes.hpp"

using namespace telltale;

namespace {

constexpr std::size_t mebibyte = 1U << 20U;

const redaction_engine& engine_of(const char* scanner) {
  const auto make = [](const char* name) {
    config::redaction_config options;
    options.scanner = name;
    return redaction_engine{options, "a key"};
  };
  if (std::strcmp(scanner, "hyperscan") == 0) {
    static const redaction_engine fast = make("hyperscan");
    return fast;
  }
  static const redaction_engine portable = make("portable");
  return portable;
}

const std::vector<std::string>& corpus() {
  static const auto texts = test::realistic_messages(64 * mebibyte);
  return texts;
}

void throughput(benchmark::State& state, const char* scanner) {
  const auto& engine = engine_of(scanner);
  std::size_t bytes = 0;
  const auto& texts = corpus(); // made before the clock runs
  for (auto _ : state)
    for (const auto& text : texts) {
      benchmark::DoNotOptimize(engine.redact(text, redaction_profile::store));
      bytes += text.size();
    }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

/// A name that any reader of the answer can read: what is not printed, and what
/// names are made with, in hex.
std::string shown(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '/'
        && c != '%') {
      out.push_back(c);
    } else {
      out.push_back('%');
      const unsigned byte = static_cast<unsigned char>(c);
      for (const unsigned digit : {byte >> 4U, byte & 15U})
        out.push_back("0123456789abcdef"[digit]);
    }
  }
  return out;
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec)
         + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Seconds that the engine takes for a text.
double took(const redaction_engine& engine, const std::string& text,
            redaction_profile profile) {
  const auto begin = thread_seconds();
  benchmark::DoNotOptimize(engine.redact(text, profile));
  return thread_seconds() - begin;
}

/// The value below which this share of them is.
double quantile(std::vector<double>& values, double share) {
  const auto at = values.begin()
                  + static_cast<std::ptrdiff_t>(
                      static_cast<double>(values.size() - 1) * share);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Texts of 64 KiB one by one.
void one_text(benchmark::State& state, const char* scanner) {
  const auto& engine = engine_of(scanner);
  std::vector<std::string> texts;
  std::string rest;
  for (const auto& text : corpus()) {
    rest += text;
    if (rest.size() >= 65'536) {
      texts.push_back(rest.substr(0, 65'536));
      rest.clear();
    }
    if (texts.size() == 512)
      break;
  }
  std::vector<double> seconds;
  for (auto _ : state)
    for (const auto& text : texts)
      seconds.push_back(took(engine, text, redaction_profile::store));
  state.counters["p99_ms"] = quantile(seconds, 0.99) * 1e3;
}

void hostile(benchmark::State& state, const char* scanner,
             const test::text_shape& shape, redaction_profile profile) {
  const auto& engine = engine_of(scanner);
  const auto text = shape.make(static_cast<std::size_t>(state.range(0)));
  std::vector<double> seconds;
  for (auto _ : state)
    seconds.push_back(took(engine, text, profile));
  state.counters["median_ms"] = quantile(seconds, 0.5) * 1e3;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<const char*> scanners{"portable"};
  config::redaction_config options;
  options.scanner = "hyperscan";
  if (redaction_engine::complaints(options).empty())
    scanners.push_back("hyperscan");
  for (const auto* scanner : scanners) {
    const std::string with = std::string{"/"} + scanner;
    benchmark::RegisterBenchmark(
        ("realistic" + with).c_str(),
        [=](benchmark::State& state) { throughput(state, scanner); })
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(
        ("one_text" + with).c_str(),
        [=](benchmark::State& state) { one_text(state, scanner); })
        ->Unit(benchmark::kMillisecond);
    for (const auto profile :
         {redaction_profile::store, redaction_profile::chat})
      for (const auto& shape : test::hostile_shapes()) {
        const auto* const name =
            profile == redaction_profile::store ? "hostile" : "in_chat";
        benchmark::RegisterBenchmark(
            (name + with + "/" + shown(shape.name)).c_str(),
            [=, &shape](benchmark::State& state) {
              hostile(state, scanner, shape, profile);
            })
            ->Arg(static_cast<std::int64_t>(mebibyte))
            ->Arg(static_cast<std::int64_t>(2 * mebibyte))
            ->Iterations(5)
            ->Unit(benchmark::kMillisecond);
      }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 64;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
