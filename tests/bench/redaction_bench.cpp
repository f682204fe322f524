// What redaction costs: throughput on texts as runners send them, the time that
// one text takes, and the texts that try to be slow. `scripts/bench redaction`
// reads its answer; `--benchmark_filter=hostile` and the like show parts.

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <vector>

#include <benchmark/benchmark.h>

#include "actors/redaction/engine.hpp"
#include "tests/support/redaction_shapes.hpp"

using namespace telltale;
using clock_type = std::chrono::steady_clock;

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
  for (auto _ : state)
    for (const auto& text : corpus()) {
      benchmark::DoNotOptimize(engine.redact(text, redaction_profile::store));
      bytes += text.size();
    }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

/// Texts of 64 KiB one by one; the counter `p99_us` is the slowest but one in a
/// hundred.
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
    if (texts.size() == 256)
      break;
  }
  std::vector<double> took;
  for (auto _ : state)
    for (const auto& text : texts) {
      const auto begin = clock_type::now();
      benchmark::DoNotOptimize(engine.redact(text, redaction_profile::store));
      took.push_back(
          std::chrono::duration<double, std::micro>(clock_type::now() - begin)
              .count());
    }
  const auto at =
      took.begin()
      + static_cast<std::ptrdiff_t>(took.size() - took.size() / 100 - 1);
  std::nth_element(took.begin(), at, took.end());
  state.counters["p99_us"] = *at;
}

void hostile(benchmark::State& state, const char* scanner,
             const test::text_shape& shape, redaction_profile profile) {
  const auto& engine = engine_of(scanner);
  const auto text = shape.make(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(engine.redact(text, profile));
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
        benchmark::RegisterBenchmark((name + with + "/" + shape.name).c_str(),
                                     [=, &shape](benchmark::State& state) {
                                       hostile(state, scanner, shape, profile);
                                     })
            ->Arg(static_cast<std::int64_t>(mebibyte))
            ->Arg(static_cast<std::int64_t>(2 * mebibyte))
            ->MinTime(0.05)
            ->Unit(benchmark::kMillisecond);
      }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 64;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
