#include "actors/system/metrics.hpp"

#include <chrono>
#include <fstream>
#include <limits>
#include <map>
#include <string_view>
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

/// The values of a series as labels: `a/b` names two, and the first value takes
/// the slashes that are left over.
std::vector<ClientMetric::Label> labels_of(std::string_view names,
                                           std::string_view values) {
  std::vector<ClientMetric::Label> result;
  for (auto at = names.rfind('/'); at != std::string_view::npos;
       at = names.rfind('/')) {
    const auto cut = values.rfind('/');
    result.insert(result.begin(), {std::string{names.substr(at + 1)},
                                   std::string{values.substr(cut + 1)}});
    names = names.substr(0, at);
    values = cut == std::string_view::npos ? "" : values.substr(0, cut);
  }
  if (!names.empty())
    result.insert(result.begin(), {std::string{names}, std::string{values}});
  return result;
}

ClientMetric histogram_of(const counter_board::distribution& seen) {
  ClientMetric metric;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < seen.counts.size(); ++i) {
    count += seen.counts[i];
    ClientMetric::Bucket bucket;
    bucket.cumulative_count = count;
    bucket.upper_bound = i < counter_board::bounds.size()
                             ? counter_board::bounds[i]
                             : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back(bucket);
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = seen.sum;
  return metric;
}

MetricType type_of(counter_kind kind) {
  switch (kind) {
  case counter_kind::counter:
    return MetricType::Counter;
  case counter_kind::gauge:
    return MetricType::Gauge;
  case counter_kind::histogram:
    return MetricType::Histogram;
  }
  return MetricType::Untyped;
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
  std::map<counter, std::vector<counter_board::distribution>> seen;
  for (auto& one : board.distributions())
    seen[one.id].push_back(std::move(one));
  std::vector<MetricFamily> families;
  for (const auto& row : counter_rows()) {
    const auto type = type_of(row.kind);
    auto exported = family("telltale_" + std::string{row.name},
                           std::string{row.help}, type);
    for (const auto& sample : by_counter[row.id]) {
      auto metric = value_of(sample.value, type);
      metric.label = labels_of(row.label, sample.label);
      exported.metric.push_back(std::move(metric));
    }
    for (const auto& one : seen[row.id]) {
      auto metric = histogram_of(one);
      metric.label = labels_of(row.label, one.label);
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
