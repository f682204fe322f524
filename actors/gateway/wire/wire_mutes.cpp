#include "actors/gateway/wire/wire_mutes.hpp"

#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/query_reader.hpp"
#include "actors/gateway/wire/wire_stats.hpp"
#include "text/utf8.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::chrono::days longest_mute{366};
constexpr std::size_t longest_note = 300;

json::object mute_object(const mute_record& mute) {
  const auto text_or_null = [](std::string_view text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
  };
  return {{"relay", mute.relay},
          {"chat_id", text_or_null(mute.chat_id)},
          {"until", format_rfc3339(mute.until)},
          {"note", text_or_null(mute.note.view())},
          {"created_at", format_rfc3339(mute.created_at)},
          {"waiting", mute.waiting}};
}

timestamp read_end(field_reader& fields, timestamp now) {
  const auto until = fields.text("until");
  const auto span = fields.text("for");
  if (until.has_value() == span.has_value()) {
    fields.fail("until", "or for must be there, and not both");
    return {};
  }
  std::optional<timestamp> end;
  if (until)
    end = parse_rfc3339(*until);
  else if (const auto length = parse_window(*span))
    end = now + *length;
  const auto* name = until ? "until" : "for";
  if (!end)
    fields.fail(name, until ? "must be a time" : "must be a span such as 2h");
  else if (*end <= now || *end > now + longest_mute)
    fields.fail(name, "must end in the future, within 366 days");
  return end.value_or(timestamp{});
}

} // namespace

caf::expected<mute_request> parse_mute(std::string_view body, timestamp now) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  mute_request request;
  request.what.relay = fields.required_id("relay");
  request.what.chat_id = fields.id("chat_id").value_or("");
  request.what.until = read_end(fields, now);
  auto note = fields.text("note").value_or("");
  if (text::count_characters(note) > longest_note)
    fields.fail("note", "must have at most 300 characters");
  request.note = raw_text{std::move(note)};
  if (!fields.good())
    return fields.error();
  return request;
}

caf::expected<clear_mute> parse_clear_mute(const query_map& from) {
  query_reader query{from};
  clear_mute what;
  if (auto relay = query.id("relay"))
    what.relay = std::move(*relay);
  else
    query.fail("relay", "is missing");
  what.chat_id = query.id("chat_id").value_or("");
  if (query.error())
    return query.error();
  return what;
}

caf::expected<redeliver_dead> parse_redeliver_dead(std::string_view body) {
  if (body.empty())
    return redeliver_dead{};
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  redeliver_dead what{fields.id("relay")};
  if (!fields.good())
    return fields.error();
  return what;
}

std::string write_mute(const mute_record& mute) {
  return json::serialize(mute_object(mute));
}

std::string write_mutes(const mutes_listed& found) {
  json::array list;
  for (const auto& mute : found.mutes)
    list.push_back(mute_object(mute));
  return json::serialize(json::object{{"mutes", std::move(list)}});
}

std::string write_requeued(const dead_requeued& done) {
  return json::serialize(json::object{{"redelivered", done.count}});
}

} // namespace telltale
