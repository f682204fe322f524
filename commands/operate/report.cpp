#include "commands/operate/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "commands/client/runner_client.hpp"

namespace telltale::commands {

namespace json = boost::json;
using text::array_at;
using text::number_or_zero;
using text::object_at;

namespace {

std::int64_t total_of(const json::array& rows) {
  std::int64_t sum = 0;
  for (const auto& row : rows)
    sum += number_or_zero(row, "count");
  return sum;
}

std::string heading(const terminal& on, const std::string& text) {
  return "\n" + on.paint(colour::bold, text) + "\n";
}

/// A bar of eighths, so that a small count is seen beside a large one.
std::string bar(std::int64_t count, std::int64_t most) {
  static constexpr std::array<std::string_view, 9> blocks{
      "", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  constexpr std::int64_t widest = 24 * 8;
  if (count <= 0 || most <= 0)
    return {};
  const auto eighths = std::max<std::int64_t>(1, count * widest / most);
  std::string out;
  for (std::int64_t i = 0; i < eighths / 8; ++i)
    out += blocks[8];
  return out + std::string{blocks[static_cast<std::size_t>(eighths % 8)]};
}

std::string silent_part(const json::value& stats, const terminal& on) {
  const auto succeeded = number_or_zero(stats, "succeeded");
  const auto& outcomes = object_at(stats, "outcomes");
  const auto silent = number_or_zero(outcomes, "silent_noop");
  auto line = "Of " + std::to_string(succeeded) + " runs that succeeded, "
              + std::to_string(silent) + " posted nothing ("
              + percent(silent, succeeded) + ").";
  auto out = on.paint(silent > 0 ? colour::yellow : colour::green, line) + "\n";
  table reasons{{"runs", "reason given"}};
  std::int64_t listed = 0;
  for (const auto& row : array_at(stats, "no_op_details")) {
    const auto detail = first_line(text_at(row, "telling_line"));
    const auto count = number_or_zero(row, "count");
    listed += count;
    reasons.add({{std::to_string(count)},
                 {detail.empty() ? "none was given" : detail}});
  }
  if (silent > listed && listed > 0)
    reasons.add({{std::to_string(silent - listed)}, {"others"}});
  if (!reasons.empty())
    out += reasons.print(on, 2);
  const auto clean = number_or_zero(outcomes, "clean");
  const auto unverified = number_or_zero(outcomes, "unverified");
  out += "  " + std::to_string(number_or_zero(outcomes, "delivered"))
         + " delivered, " + std::to_string(clean)
         + " had rightly nothing to post, " + std::to_string(unverified)
         + " did not say.\n";
  return out;
}

std::string failures_part(const json::value& stats, const terminal& on) {
  const auto& reasons = array_at(stats, "reasons");
  const auto failed = number_or_zero(object_at(stats, "outcomes"), "failed");
  auto out = heading(on, "Failures: " + std::to_string(failed) + " of "
                             + std::to_string(number_or_zero(stats, "finished"))
                             + " finished runs");
  table rows{{"runs", "share", "reason"}};
  for (const auto& row : reasons)
    rows.add({{std::to_string(number_or_zero(row, "count"))},
              {percent(number_or_zero(row, "count"), failed)},
              {printable(text_at(row, "failure_reason"))}});
  if (rows.empty())
    out += "  None.\n";
  else
    out += rows.print(on, 2);
  if (const auto retried = total_of(array_at(stats, "retried")); retried > 0)
    out += "  " + std::to_string(retried)
           + " attempts more failed and were followed by another.\n";
  return out;
}

std::string told_part(const json::value& stats, const terminal& on) {
  const auto& deliveries = object_at(stats, "deliveries");
  const auto dead = number_or_zero(deliveries, "dead");
  const auto pending = number_or_zero(deliveries, "pending");
  auto out = heading(on, "Messages");
  if (dead == 0 && pending == 0)
    return out + "  All were delivered.\n";
  if (dead > 0)
    out += "  "
           + on.paint(colour::red,
                      std::to_string(dead) + " could not be delivered")
           + "; telltale deliveries --state dead\n";
  if (pending > 0) {
    out += "  " + std::to_string(pending) + " wait";
    if (const auto age = text::real_at(deliveries, "oldest_pending_seconds")) {
      const auto seconds = static_cast<std::int64_t>(*age);
      out += ", the oldest for " + span_words(std::chrono::seconds{seconds});
    }
    out += "\n";
  }
  return out;
}

std::string days_part(const json::value& stats, const terminal& on) {
  const auto& buckets = array_at(stats, "buckets");
  std::int64_t most = 0;
  for (const auto& bucket : buckets)
    most =
        std::max(most, number_or_zero(object_at(bucket, "outcomes"), "failed"));
  auto out = heading(on, text_at(stats, "bucket") == "1h" ? "By hour (UTC)"
                                                          : "By day (UTC)");
  table rows{{"", "succeeded", "posted nothing", "failed", ""}};
  for (const auto& bucket : buckets) {
    const auto& outcomes = object_at(bucket, "outcomes");
    const auto succeeded = number_or_zero(bucket, "succeeded");
    const auto silent = number_or_zero(outcomes, "silent_noop");
    const auto failed = number_or_zero(outcomes, "failed");
    auto start = text_at(bucket, "start");
    start = start.substr(0, text_at(stats, "bucket") == "1h" ? 16 : 10);
    std::replace(start.begin(), start.end(), 'T', ' ');
    rows.add(
        {{start},
         {std::to_string(succeeded)},
         {std::to_string(silent)
              + (silent > 0 ? " (" + percent(silent, succeeded) + ")" : ""),
          silent > 0 ? colour::yellow : colour::plain},
         {std::to_string(failed)},
         {bar(failed, most), colour::red}});
  }
  return out + rows.print(on, 2);
}

} // namespace

std::string percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0 || part <= 0)
    return "0 %";
  const auto share =
      100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (share < 0.5)
    return "< 1 %";
  if (part < whole && share > 99.5)
    return "> 99 %";
  return std::to_string(std::lround(share)) + " %";
}

std::string report_text(const json::value& stats, const terminal& on) {
  const auto since = text_at(stats, "since").substr(0, 16);
  const auto until = text_at(stats, "until").substr(0, 16);
  std::string out =
      on.paint(colour::dim, since + "Z to " + until + "Z") + "\n\n";
  out += silent_part(stats, on);
  out += failures_part(stats, on);
  const auto& causes = array_at(stats, "newest_causes");
  if (!causes.empty()) {
    out += heading(on, "Newest causes");
    table rows{{"runs", "reason", "detail"}};
    for (std::size_t i = 0; i < std::min<std::size_t>(causes.size(), 8); ++i)
      rows.add({{std::to_string(number_or_zero(causes[i], "count"))},
                {printable(text_at(causes[i], "failure_reason"))},
                {first_line(text_at(causes[i], "telling_line"))}});
    out += rows.print(on, 2);
  }
  if (text::real_at(stats, "unknown_share").value_or(0) > 0.05)
    out += "  More than one failure in twenty has no known cause: "
           "docs/classifier.md says what to do.\n";
  out += told_part(stats, on);
  out += days_part(stats, on);
  return out;
}

} // namespace telltale::commands
