#include "actors/system/metrics.hpp"

#include <cstdint>
#include <fstream>
#include <limits>
#include <locale>
#include <map>
#include <numeric>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include <time.h>
#include <unistd.h>

// Prometheus's text format, version 0.0.4.

namespace telltale {

namespace {

using labels = std::vector<std::pair<std::string_view, std::string_view>>;

/// The values of a series as labels: `a/b` names two, and the first value takes
/// the slashes that are left over.
labels labels_of(std::string_view names, std::string_view values) {
  labels result;
  for (auto at = names.rfind('/'); at != std::string_view::npos;
       at = names.rfind('/')) {
    const auto cut = values.rfind('/');
    result.insert(result.begin(),
                  {names.substr(at + 1), values.substr(cut + 1)});
    names = names.substr(0, at);
    values = cut == std::string_view::npos ? "" : values.substr(0, cut);
  }
  if (!names.empty())
    result.insert(result.begin(), {names, values});
  return result;
}

std::string_view to_string(counter_kind kind) {
  switch (kind) {
  case counter_kind::counter:
    return "counter";
  case counter_kind::gauge:
    return "gauge";
  case counter_kind::histogram:
    return "histogram";
  }
  return "untyped";
}

/// Families of series, one after the other.
class exposition {
public:
  exposition() {
    out_.imbue(std::locale::classic());
    out_.precision(std::numeric_limits<double>::max_digits10 - 1);
  }

  /// Series of it follow.
  void begin(std::string name, std::string_view help, counter_kind kind) {
    name_ = std::move(name);
    out_ << "# HELP " << name_ << ' ' << help << "\n# TYPE " << name_ << ' '
         << to_string(kind) << '\n';
  }

  void write(const labels& with, double value) { write({}, with, value); }

  void write(labels with, const counter_board::distribution& seen) {
    const auto all =
        std::accumulate(seen.counts.begin(), seen.counts.end(), 0ULL);
    write("_count", with, static_cast<double>(all));
    write("_sum", with, seen.sum);
    std::uint64_t count = 0;
    with.emplace_back("le", "");
    for (std::size_t i = 0; i < seen.counts.size(); ++i) {
      count += seen.counts[i];
      std::ostringstream bound;
      bound.imbue(std::locale::classic());
      if (i < counter_board::bounds.size())
        bound << counter_board::bounds[i];
      else
        bound << "+Inf";
      const auto text = bound.str();
      with.back().second = text;
      write("_bucket", with, static_cast<double>(count));
    }
  }

  [[nodiscard]] std::string text() const { return out_.str(); }

private:
  void write(std::string_view suffix, const labels& with, double value) {
    out_ << name_ << suffix;
    char mark = '{';
    for (const auto& [name, text] : with) {
      out_ << std::exchange(mark, ',') << name << "=\"";
      escape(text);
      out_ << '"';
    }
    if (mark == ',')
      out_ << '}';
    out_ << ' ' << value << '\n';
  }

  void escape(std::string_view text) {
    for (const char c : text)
      if (c == '\n')
        out_ << "\\n";
      else if (c == '"' || c == '\\')
        out_ << '\\' << c;
      else
        out_ << c;
  }

  std::ostringstream out_;
  std::string name_;
};

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
  exposition all;
  for (const auto& row : counter_rows()) {
    const auto& samples = by_counter[row.id];
    const auto& distributions = seen[row.id];
    // A series that never moved is a fact too, where it has no label.
    const bool is_still = samples.empty() && distributions.empty();
    if (is_still && !row.label.empty())
      continue;
    all.begin("telltale_" + std::string{row.name}, row.help, row.kind);
    for (const auto& sample : samples)
      all.write(labels_of(row.label, sample.label), sample.value);
    for (const auto& one : distributions)
      all.write(labels_of(row.label, one.label), one);
    if (is_still)
      all.write({}, 0);
  }
  all.begin("process_resident_memory_bytes", "memory held by the process",
            counter_kind::gauge);
  all.write({}, resident_bytes());
  all.begin("process_cpu_seconds_total", "processor time used by the process",
            counter_kind::counter);
  all.write({}, cpu_seconds());
  return all.text();
}

} // namespace telltale
