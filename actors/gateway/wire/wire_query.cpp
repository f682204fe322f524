#include <charconv>
#include <limits>
#include <utility>

#include "actors/gateway/wire/query_reader.hpp"
#include "actors/gateway/wire/wire.hpp"
#include "actors/gateway/wire/wire_causes.hpp"
#include "text/base64.hpp"

namespace telltale {

namespace {

constexpr std::uint32_t default_limit = 50;
constexpr std::int64_t max_limit = 200;
constexpr std::size_t max_words = 500;

std::uint32_t read_limit(query_reader& query, std::uint32_t fallback) {
  return static_cast<std::uint32_t>(
      query.integer("limit", 1, max_limit).value_or(fallback));
}

std::optional<page_cursor> read_cursor(query_reader& query) {
  return query.word("cursor", parse_cursor,
                    "must be a next_cursor of this list");
}

} // namespace

caf::expected<list_tasks> parse_list_tasks(const query_map& from) {
  query_reader query{from};
  list_tasks what;
  what.status = query.word("status", parse_task_status, "must be a status");
  what.outcome =
      query.word("outcome", parse_task_outcome, "must be an outcome");
  what.failure_reason = query.text("failure_reason");
  if (what.failure_reason && !is_valid_reason(*what.failure_reason))
    query.fail("failure_reason", "must have 1 to 64 characters of [a-z0-9_.]");
  what.cause = query.word(
      "cause",
      [](std::string_view text) {
        return is_fingerprint(text) ? std::optional{std::string{text}}
                                    : std::nullopt;
      },
      "must have 16 hex digits, as a task's cause has");
  what.kind = query.id("kind");
  if (auto runner = query.id("runner_id"))
    what.runner = runner_id{std::move(*runner)};
  if (auto session = query.id("chat_session_id"))
    what.chat_session = chat_session_id{std::move(*session)};
  what.since = query.word("since", parse_rfc3339, "must be a time");
  what.until = query.word("until", parse_rfc3339, "must be a time");
  what.told = query.word("told", parse_told_state,
                         "must be told, held, waiting, dead or nobody");
  what.words = query.text("q").value_or("");
  if (what.words.size() > max_words)
    query.fail("q", "must have at most 500 bytes");
  what.after = read_cursor(query);
  what.limit = read_limit(query, default_limit);
  if (query.error())
    return query.error();
  return what;
}

caf::expected<list_deliveries> parse_list_deliveries(const query_map& from) {
  query_reader query{from};
  list_deliveries what;
  what.state = query.word("state", parse_delivery_state,
                          "must be pending, sent, dead or superseded");
  what.relay = query.id("relay");
  if (const auto task = query.word("task_id", parse_uuid, "must be a UUID"))
    what.task = task_id{*task};
  what.after = read_cursor(query);
  what.limit = read_limit(query, default_limit);
  if (query.error())
    return query.error();
  return what;
}

caf::expected<list_chats> parse_list_chats(const query_map& from) {
  query_reader query{from};
  list_chats what;
  what.after = chat_session_id{query.id("after").value_or("")};
  what.limit = read_limit(query, static_cast<std::uint32_t>(max_limit));
  if (query.error())
    return query.error();
  return what;
}

caf::expected<std::int64_t>
parse_events_after(const query_map& from, const std::string& last_event_id) {
  auto given = from;
  if (!given.contains("after") && !last_event_id.empty())
    given["after"] = last_event_id;
  query_reader query{given};
  const auto after =
      query.integer("after", 0, std::numeric_limits<std::int64_t>::max());
  if (query.error())
    return query.error();
  return after.value_or(-1);
}

std::string write_cursor(const page_cursor& cursor) {
  return text::encode_base64url(
      std::to_string(cursor.created_at.time_since_epoch().count()) + "/"
      + to_string(cursor.id));
}

std::optional<page_cursor> parse_cursor(std::string_view text) {
  const auto plain = text::decode_base64url(text);
  if (!plain)
    return std::nullopt;
  std::int64_t micros = 0;
  const auto* end = plain->data() + plain->size();
  const auto [stop, error] = std::from_chars(plain->data(), end, micros);
  if (error != std::errc{} || stop == end || *stop != '/')
    return std::nullopt;
  const auto id =
      parse_uuid({stop + 1, static_cast<std::size_t>(end - stop - 1)});
  if (!id)
    return std::nullopt;
  return page_cursor{timestamp{std::chrono::microseconds{micros}}, *id};
}

} // namespace telltale
