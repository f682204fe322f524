#include "actors/system/metrics.hpp"

#include <chrono>
#include <fstream>
#include <map>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

namespace telltale {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily result;
  result.name = std::move(name);
  result.help = std::move(help);
  result.type = type;
  return result;
}

ClientMetric value_of(double value, MetricType type) {
  ClientMetric metric;
  if (type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return metric;
}

/// Bytes that the process holds in memory; 0 where the kernel does not say.
double resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Seconds of processor time that the process has used.
double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec)
         + static_cast<double>(used.tv_nsec) / 1e9;
}

} // namespace

std::string export_metrics(const counter_board& board) {
  std::map<counter, std::vector<counter_board::sample>> by_counter;
  for (auto& sample : board.samples())
    by_counter[sample.id].push_back(std::move(sample));
  std::vector<MetricFamily> families;
  for (const auto& row : counter_rows()) {
    const auto type = row.kind == counter_kind::counter ? MetricType::Counter
                                                        : MetricType::Gauge;
    auto exported = family("telltale_" + std::string{row.name},
                           std::string{row.help}, type);
    for (const auto& sample : by_counter[row.id]) {
      auto metric = value_of(sample.value, type);
      if (!row.label.empty())
        metric.label.push_back({std::string{row.label}, sample.label});
      exported.metric.push_back(std::move(metric));
    }
    // A series that never moved is a fact too, where it has no label.
    if (exported.metric.empty() && row.label.empty())
      exported.metric.push_back(value_of(0, type));
    if (!exported.metric.empty())
      families.push_back(std::move(exported));
  }
  const auto add = [&](const char* name, const char* help, MetricType type,
                       double value) {
    auto exported = family(name, help, type);
    exported.metric.push_back(value_of(value, type));
    families.push_back(std::move(exported));
  };
  add("process_resident_memory_bytes", "memory held by the process",
      MetricType::Gauge, resident_bytes());
  add("process_cpu_seconds_total", "processor time used by the process",
      MetricType::Counter, cpu_seconds());
  return prometheus::TextSerializer{}.Serialize(families);
}

} // namespace telltale
