// What the sink tells of what it got: `/stats`, `/messages`, `/chats`.
#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "commands/sink/sink_chat.hpp"
#include "commands/sink/sink_wire.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

/// Messages in one answer, where the query names no number.
constexpr std::uint64_t most_listed = 10'000;
constexpr auto all = std::numeric_limits<std::uint64_t>::max();

sink_answer json_list(const json::array& list) {
  return {.what = {.status = 200,
                   .headers = {{"Content-Type", "application/json"}},
                   .body = json::serialize(list)}};
}

json::object object_of(const sink_message& what) {
  return {{"number", what.number},
          {"relay", what.relay},
          {"chat", what.chat},
          {"text", what.text},
          {"key", what.key},
          {"message_id", what.message_id},
          {"reply_to", what.reply_to},
          {"received_at", what.received_at},
          {"repeats", what.repeats},
          {"title", what.card.title},
          {"body", what.card.body},
          {"link", what.card.link},
          {"link_text", what.card.link_text}};
}

/// A number in the query; `otherwise` if there is none.
std::uint64_t number_in_query(const http::request& what, std::string_view key,
                              std::uint64_t otherwise) {
  const auto text = value_in_query(what, key);
  std::uint64_t result = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

} // namespace

std::string to_json(const sink_message& what) {
  return json::serialize(object_of(what));
}

sink_answer sink_chat::stats() const {
  const std::lock_guard lock{guard_};
  std::map<std::string, std::uint64_t> by_relay;
  for (const auto& message : messages_)
    ++by_relay[message.relay];
  json::object relays;
  for (const auto& [relay, count] : by_relay)
    relays[relay] = count;
  return {.what = json_answer(200, {{"messages", forgotten_ + messages_.size()},
                                    {"repeats", repeats_},
                                    {"refused", refused_},
                                    {"throttled", throttled_},
                                    {"tokens", tokens_},
                                    {"heartbeats", beats_},
                                    {"by_relay", std::move(relays)},
                                    {"limits", limiter_.list()}})};
}

/// The messages after number `after`, of `relay` and `chat` where they are
/// named, oldest first; without a query all that are remembered.
sink_answer sink_chat::list(const http::request& what) const {
  const auto relay = value_in_query(what, "relay");
  const auto chat = value_in_query(what, "chat");
  const auto after = number_in_query(what, "after", 0);
  const bool asks = what.target.find('?') != std::string::npos;
  auto room = number_in_query(what, "limit", asks ? most_listed : all);
  json::array list;
  const std::lock_guard lock{guard_};
  auto at = messages_.begin();
  if (after > forgotten_)
    at += static_cast<std::ptrdiff_t>(
        std::min<std::uint64_t>(after - forgotten_, messages_.size()));
  for (; at != messages_.end() && room > 0; ++at)
    if ((relay.empty() || relay == at->relay)
        && (chat.empty() || chat == at->chat)) {
      list.push_back(object_of(*at));
      --room;
    }
  return json_list(list);
}

/// A row for each chat: how much came and when; with `keys=true` each message's
/// key and time, too.
sink_answer sink_chat::chats(const http::request& what) const {
  const bool wants_keys = value_in_query(what, "keys") == "true";
  std::map<std::pair<std::string, std::string>, json::object> rows;
  const std::lock_guard lock{guard_};
  for (const auto& message : messages_) {
    auto& row = rows[{message.relay, message.chat}];
    if (row.empty())
      row = {{"relay", message.relay},
             {"chat", message.chat},
             {"messages", 0},
             {"repeats", 0},
             {"first", message.received_at},
             {"last", ""}};
    row["messages"] = row["messages"].as_int64() + 1;
    row["repeats"] = row["repeats"].as_int64() + message.repeats;
    row["last"] = message.received_at;
    if (!wants_keys)
      continue;
    auto& keys = row["keys"];
    if (!keys.is_array())
      keys = json::array{};
    keys.get_array().push_back(
        json::object{{"key", message.key},
                     {"received_at", message.received_at},
                     {"repeats", message.repeats}});
  }
  json::array list;
  for (auto& [chat, row] : rows)
    list.push_back(std::move(row));
  return json_list(list);
}

} // namespace telltale::commands
