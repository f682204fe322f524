#include "actors/gateway/wire/wire_stats.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "actors/gateway/wire/query_reader.hpp"
#include "text/base64.hpp"

namespace telltale {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::array outcomes{
#define TELLTALE_OUTCOME(name) task_outcome::name,
#include "messages/outcome.def"
#undef TELLTALE_OUTCOME
};

std::string span_text(std::chrono::seconds span) {
  if (span % 24h == 0s)
    return std::to_string(span / 24h) + "d";
  if (span % 1h == 0s)
    return std::to_string(span / 1h) + "h";
  return std::to_string(span / 1min) + "m";
}

json::value rate_or_null(std::optional<double> rate) {
  return rate ? json::value(*rate) : json::value(nullptr);
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object outcomes_object(const outcome_counts& counts) {
  json::object all;
  for (const auto outcome : outcomes)
    all[to_string(outcome)] = counts.of(outcome);
  return all;
}

/// Most first, then by name.
std::vector<std::pair<std::string, std::uint64_t>>
ranked(const std::map<std::string, std::uint64_t>& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> rows(counts.begin(),
                                                          counts.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.second > b.second;
  });
  return rows;
}

json::array reasons_array(const std::map<std::string, std::uint64_t>& counts) {
  json::array list;
  for (const auto& [reason, count] : ranked(counts))
    list.push_back(
        json::object{{"failure_reason", reason},
                     {"side", to_string(side_of(failure_reason{reason}))},
                     {"count", count}});
  return list;
}

json::object bucket_object(const stats_bucket& bucket) {
  json::object reasons;
  for (const auto& [reason, count] : bucket.reasons)
    reasons[reason] = count;
  return {
      {"start", format_rfc3339(bucket.start)},
      {"outcomes", outcomes_object(bucket.outcomes)},
      {"succeeded", bucket.outcomes.succeeded()},
      {"silent_noop_rate", rate_or_null(bucket.outcomes.silent_noop_rate())},
      {"reasons", std::move(reasons)}};
}

json::object cause_object(const failure_cause& cause) {
  return {{"cause", cause.cause},
          {"failure_reason", cause.failure_reason.wire},
          {"telling_line", text_or_null(cause.telling_line.view())},
          {"count", cause.count},
          {"last_at", format_rfc3339(cause.last_at)},
          {"task_id", to_string(cause.last_task)}};
}

json::object active_object(const task_record& task) {
  return {{"task_id", to_string(task.id)},
          {"attempt", task.attempt},
          {"kind", task.kind},
          {"title", text_or_null(task.title.view())},
          {"status", to_string(task.status)},
          {"lease_expires_at", task.lease_expires_at ? json::value(
                                   format_rfc3339(*task.lease_expires_at))
                                                     : json::value(nullptr)}};
}

/// `<microseconds>/<runner>` in base64url.
std::string write_runner_cursor(const runner_cursor& cursor) {
  return text::encode_base64url(
      std::to_string(cursor.last_seen_at.time_since_epoch().count()) + "/"
      + cursor.id.value);
}

std::optional<runner_cursor> parse_runner_cursor(std::string_view text) {
  const auto plain = text::decode_base64url(text);
  if (!plain)
    return std::nullopt;
  std::int64_t micros = 0;
  const auto* end = plain->data() + plain->size();
  const auto [stop, error] = std::from_chars(plain->data(), end, micros);
  if (error != std::errc{} || stop == end || *stop != '/' || stop + 1 == end)
    return std::nullopt;
  return runner_cursor{timestamp{std::chrono::microseconds{micros}},
                       runner_id{std::string{stop + 1, end}}};
}

} // namespace

std::optional<std::chrono::seconds> parse_window(std::string_view text) {
  std::int64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop + 1 != end || count < 1 || count > 200'000)
    return std::nullopt;
  switch (*stop) {
  case 'm':
    return std::chrono::minutes{count};
  case 'h':
    return std::chrono::hours{count};
  case 'd':
    return std::chrono::days{count};
  default:
    return std::nullopt;
  }
}

caf::expected<read_stats> parse_read_stats(const query_map& from) {
  query_reader query{from};
  read_stats what;
  const auto within = [](std::chrono::seconds least,
                         std::chrono::seconds most) {
    return [=](std::string_view text) {
      auto span = parse_window(text);
      return span && *span >= least && *span <= most ? span : std::nullopt;
    };
  };
  what.window = query
                    .word("window", within(1h, std::chrono::days{90}),
                          "must be a span from 1h to 90d, such as 14d")
                    .value_or(std::chrono::days{14});
  const auto bucket = query.word(
      "bucket",
      [](std::string_view text) {
        auto span = parse_window(text);
        return span && (*span == 1h || *span == 24h) ? span : std::nullopt;
      },
      "must be 1h or 1d");
  what.bucket = bucket.value_or(what.window <= 48h ? 1h : 24h);
  what.kind = query.id("kind");
  if (query.error())
    return query.error();
  return what;
}

caf::expected<list_runners> parse_list_runners(const query_map& from) {
  query_reader query{from};
  list_runners what;
  what.after = query.word("cursor", parse_runner_cursor,
                          "must be a next_cursor of this list");
  what.limit =
      static_cast<std::uint32_t>(query.integer("limit", 1, 200).value_or(50));
  if (query.error())
    return query.error();
  return what;
}

std::string write_stats(const read_stats& asked, const stats_read& found) {
  outcome_counts all;
  std::map<std::string, std::uint64_t> reasons;
  json::array buckets;
  for (const auto& bucket : found.buckets) {
    for (const auto outcome : outcomes)
      all.add(outcome, bucket.outcomes.of(outcome));
    for (const auto& [reason, count] : bucket.reasons)
      reasons[reason] += count;
    buckets.push_back(bucket_object(bucket));
  }
  const auto failed = all.of(task_outcome::failed);
  const auto unknown = reasons.find("agent_error.unknown");
  const std::optional<double> unknown_share =
      failed == 0
          ? std::nullopt
          : std::optional{static_cast<double>(
                              unknown == reasons.end() ? 0 : unknown->second)
                          / static_cast<double>(failed)};
  json::array no_ops;
  for (const auto& each : found.no_op_details)
    no_ops.push_back(
        json::object{{"telling_line", text_or_null(each.telling_line.view())},
                     {"count", each.count}});
  json::array causes;
  for (const auto& each : found.newest_causes)
    causes.push_back(cause_object(each));
  const auto waiting =
      found.oldest_pending
          ? json::value(std::chrono::duration<double>(
                            std::max(found.until - *found.oldest_pending, 0us))
                            .count())
          : json::value(nullptr);
  return json::serialize(json::object{
      {"window", span_text(asked.window)},
      {"since", format_rfc3339(found.since)},
      {"until", format_rfc3339(found.until)},
      {"bucket", span_text(asked.bucket)},
      {"finished", all.finished()},
      {"succeeded", all.succeeded()},
      {"silent_noop_rate", rate_or_null(all.silent_noop_rate())},
      {"unknown_share", rate_or_null(unknown_share)},
      {"outcomes", outcomes_object(all)},
      {"reasons", reasons_array(reasons)},
      {"retried", reasons_array(found.retried)},
      {"no_op_details", std::move(no_ops)},
      {"newest_causes", std::move(causes)},
      {"buckets", std::move(buckets)},
      {"deliveries", json::object{{"pending", found.pending_deliveries},
                                  {"dead", found.dead_deliveries},
                                  {"oldest_pending_seconds", waiting}}}});
}

std::string write_runners(const runners_listed& found) {
  json::array list;
  for (const auto& runner : found.runners) {
    json::array active;
    for (const auto& task : runner.active)
      active.push_back(active_object(task));
    list.push_back(json::object{
        {"id", runner.id.value},
        {"first_seen_at", format_rfc3339(runner.first_seen_at)},
        {"last_seen_at", format_rfc3339(runner.last_seen_at)},
        {"silent", runner.silent},
        {"workspace_id", text_or_null(runner.runtime.workspace.value)},
        {"daemon_id", text_or_null(runner.runtime.daemon)},
        {"provider", text_or_null(runner.runtime.provider)},
        {"name", text_or_null(runner.runtime.name)},
        {"device", text_or_null(runner.runtime.device)},
        {"version", text_or_null(runner.runtime.version)},
        {"active_tasks", std::move(active)}});
  }
  return json::serialize(json::object{
      {"runners", std::move(list)},
      {"next_cursor", found.next ? json::value(write_runner_cursor(*found.next))
                                 : json::value(nullptr)}});
}

} // namespace telltale
