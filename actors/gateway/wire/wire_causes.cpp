#include "actors/gateway/wire/wire_causes.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/query_reader.hpp"
#include "actors/gateway/wire/wire_stats.hpp"
#include "actors/gateway/wire/wire_task.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

namespace telltale {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// `<microseconds>/<fingerprint>` in base64url.
std::string write_cause_cursor(const cause_cursor& cursor) {
  return text::encode_base64url(
      std::to_string(cursor.last_seen.time_since_epoch().count()) + "/"
      + cursor.fingerprint);
}

std::optional<cause_cursor> parse_cause_cursor(std::string_view text) {
  const auto plain = text::decode_base64url(text);
  if (!plain)
    return std::nullopt;
  std::int64_t micros = 0;
  const auto* end = plain->data() + plain->size();
  const auto [stop, error] = std::from_chars(plain->data(), end, micros);
  if (error != std::errc{} || stop == end || *stop != '/'
      || !is_fingerprint({stop + 1, end}))
    return std::nullopt;
  return cause_cursor{timestamp{std::chrono::microseconds{micros}},
                      std::string{stop + 1, end}};
}

std::chrono::seconds read_window(query_reader& query) {
  return query
      .word(
          "window",
          [](std::string_view text) {
            const auto span = parse_window(text);
            return span && *span >= 1h && *span <= std::chrono::days{90}
                       ? span
                       : std::nullopt;
          },
          "must be a span from 1h to 90d, such as 14d")
      .value_or(std::chrono::days{14});
}

template <class T> json::array array_of(const std::vector<T>& values) {
  json::array list;
  for (const auto& each : values)
    list.push_back(json::value(each));
  return list;
}

json::object cause_object(const cause_record& cause) {
  json::array newest;
  for (const auto& task : cause.newest)
    newest.push_back(task_object(task));
  return {{"fingerprint", cause.fingerprint},
          {"failure_reason", cause.failure_reason.wire},
          {"telling_line", cause.telling_line.empty()
                               ? json::value(nullptr)
                               : json::value(cause.telling_line.view())},
          {"count", cause.count},
          {"first_seen", format_rfc3339(cause.first_seen)},
          {"last_seen", format_rfc3339(cause.last_seen)},
          {"trend", array_of(cause.trend)},
          {"kinds", array_of(cause.kinds)},
          {"runners", array_of(cause.runners)},
          {"newest", std::move(newest)}};
}

} // namespace

bool is_fingerprint(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return text::hex_value(c) >= 0 && (c < 'A' || c > 'F');
         });
}

caf::expected<list_causes> parse_list_causes(const query_map& from) {
  query_reader query{from};
  list_causes what;
  what.window = read_window(query);
  what.kind = query.id("kind");
  what.after = query.word("cursor", parse_cause_cursor,
                          "must be a next_cursor of this list");
  what.limit =
      static_cast<std::uint32_t>(query.integer("limit", 1, 200).value_or(50));
  if (query.error())
    return query.error();
  return what;
}

caf::expected<list_causes> parse_read_cause(std::string_view fingerprint,
                                            const query_map& from) {
  query_reader query{from};
  list_causes what;
  what.window = read_window(query);
  what.fingerprint = std::string{fingerprint};
  what.limit = 1;
  if (query.error())
    return query.error();
  return what;
}

std::string write_causes(const causes_listed& found) {
  json::array list;
  for (const auto& cause : found.causes)
    list.push_back(cause_object(cause));
  return json::serialize(json::object{
      {"causes", std::move(list)},
      {"next_cursor", found.next ? json::value(write_cause_cursor(*found.next))
                                 : json::value(nullptr)}});
}

std::string write_cause(const cause_record& cause) {
  return json::serialize(cause_object(cause));
}

} // namespace telltale
