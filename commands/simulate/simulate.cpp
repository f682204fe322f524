#include "commands/simulate/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "commands/simulate/simulate_fleet.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

double seconds_of(std::chrono::milliseconds span) {
  return std::max(std::chrono::duration<double>(span).count(), 0.001);
}

std::string milliseconds_of(std::chrono::microseconds span) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f",
                std::chrono::duration<double, std::milli>(span).count());
  return out;
}

std::string rate_of(std::size_t count, std::chrono::milliseconds span) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f",
                static_cast<double>(count) / seconds_of(span));
  return out;
}

std::string row(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::size_t width = i == 0 ? 18 : 11;
    std::string gap(width > cells[i].size() ? width - cells[i].size() : 1, ' ');
    out += i == 0 ? cells[i] + gap : gap + cells[i];
  }
  return out + "\n";
}

json::array list_of(const std::vector<std::string>& sentences) {
  json::array out;
  for (const auto& one : sentences)
    out.push_back(json::string{one});
  return out;
}

std::int64_t whole(std::uint64_t n) {
  return static_cast<std::int64_t>(n);
}

} // namespace

std::chrono::microseconds latencies::percentile(double share) {
  if (all.empty())
    return {};
  std::sort(all.begin(), all.end());
  auto rank = std::ceil(share * static_cast<double>(all.size()));
  auto at = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return all[std::min(at, all.size() - 1)];
}

simulation_result run_simulation(const simulation_options& what) {
  simulation_result out;
  fleet{what, out}.run();
  return out;
}

std::string as_table(simulation_result& result) {
  std::string out;
  out += row({"call", "count", "per s", "p50 ms", "p99 ms", "max ms"});
  for (auto& [kind, times] : result.calls)
    out += row({kind, std::to_string(times.all.size()),
                rate_of(times.all.size(), result.took),
                milliseconds_of(times.percentile(0.5)),
                milliseconds_of(times.percentile(0.99)),
                milliseconds_of(times.percentile(1))});
  out += "\n" + row({"behaviour", "tasks"});
  for (const auto& [name, count] : result.made)
    out += row({name, std::to_string(count)});
  out += "\n" + std::to_string(result.created) + " tasks in "
         + milliseconds_of(result.took) + " ms; "
         + std::to_string(result.checked) + " checked, "
         + std::to_string(result.unsettled) + " silent and not yet reaped, "
         + std::to_string(result.pushed_back)
         + " answers asked to come again\n";
  for (const auto& one : result.troubles)
    out += "trouble: " + one + "\n";
  for (const auto& one : result.lies)
    out += "untrue: " + one + "\n";
  out += result.is_true()
             ? "What was reported is what the service tells.\n"
             : "What was reported is NOT what the service tells.\n";
  return out;
}

std::string as_json(simulation_result& result) {
  json::object calls;
  for (auto& [kind, times] : result.calls)
    calls[kind] =
        json::object{{"count", times.all.size()},
                     {"per_second", static_cast<double>(times.all.size())
                                        / seconds_of(result.took)},
                     {"p50_us", times.percentile(0.5).count()},
                     {"p99_us", times.percentile(0.99).count()},
                     {"max_us", times.percentile(1).count()}};
  json::object made;
  for (const auto& [name, count] : result.made)
    made[name] = whole(count);
  return json::serialize(
             json::object{{"ok", result.is_true()},
                          {"took_ms", result.took.count()},
                          {"created", whole(result.created)},
                          {"checked", whole(result.checked)},
                          {"unsettled", whole(result.unsettled)},
                          {"pushed_back", whole(result.pushed_back)},
                          {"behaviours", std::move(made)},
                          {"calls", std::move(calls)},
                          {"troubles", list_of(result.troubles)},
                          {"untrue", list_of(result.lies)}})
         + "\n";
}

} // namespace telltale::commands
