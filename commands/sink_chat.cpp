#include "commands/sink_chat.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "commands/sink_page.hpp"
#include "commands/sink_sign.hpp"
#include "commands/sink_wire.hpp"
#include "messages/time.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

constexpr std::size_t remembered = 200'000;
constexpr std::string_view lark_prefix = "/open-apis/im/v1/messages";
constexpr std::size_t lark_card_bytes = 30'000;
constexpr std::size_t lark_text_bytes = 150'000;
constexpr std::int64_t too_long_code = 230'025;
constexpr std::int64_t bad_token_code = 99'991'663;

sink_answer plain(unsigned status, std::string body,
                  const char* type = "text/plain; charset=utf-8") {
  return {.what = {.status = status,
                   .headers = {{"Content-Type", type}},
                   .body = std::move(body)}};
}

sink_answer bad_body() {
  return {.what = json_answer(400, {{"msg", "the body cannot be read"}})};
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

std::string header_in(const http::request& what, std::string_view name) {
  return std::string{what.find(name).value_or("")};
}

std::string path_of(const http::request& what) {
  return what.target.substr(0, what.target.find('?'));
}

} // namespace

std::string to_json(const sink_message& what) {
  return json::serialize(object_of(what));
}

sink_chat::sink_chat(sink_options options,
                     std::function<void(const sink_message&)> on_message)
    : options_(options), on_message_(std::move(on_message)),
      random_(options.seed) {}

std::vector<sink_message> sink_chat::messages() const {
  const std::lock_guard lock{guard_};
  return {messages_.begin(), messages_.end()};
}

sink_answer sink_chat::answer(const http::request& what) {
  const auto path = path_of(what);
  if (what.method == "GET") {
    if (path == "/")
      return {.what = page_of(messages())};
    if (path == "/stats")
      return stats();
    if (path == "/messages") {
      json::array list;
      for (const auto& message : messages())
        list.push_back(object_of(message));
      return plain(200, json::serialize(list), "application/json");
    }
    return plain(404, "nothing here\n");
  }
  if (what.method != "POST")
    return plain(405, "POST or GET\n");
  if (path == "/faults")
    return add_fault(what);
  if (path == "/v1/bot/heartbeat") {
    const std::lock_guard lock{guard_};
    ++beats_;
    return {.what = json_answer(200, {{"ok", true}})};
  }
  if (path == "/open-apis/auth/v3/tenant_access_token/internal")
    return lark_token(what);
  if (path == lark_prefix)
    return lark(what, {});
  if (path.starts_with(lark_prefix) && path.ends_with("/reply"))
    return lark(what, path.substr(lark_prefix.size() + 1,
                                  path.size() - lark_prefix.size() - 7));
  if (const auto relay = chat_of_path(path); !relay.empty()) {
    if (relay == "webhook" && !is_signed(what))
      return {.what = json_answer(401, {{"msg", "the signature is wrong"}})};
    if (relay == "dingtalk")
      if (const auto check = check_robot(what, options_.secrets, now_utc());
          check != robot_signature::fine)
        return {.what = refuse_robot(check)};
    auto read = read_message(relay, what);
    if (auto* none = std::get_if<http::response>(&read))
      return {.what = std::move(*none), .delay = options_.latency};
    return take(std::get<sink_arrival>(std::move(read)));
  }
  return plain(404, "nothing here\n");
}

sink_answer sink_chat::lark_token(const http::request& what) {
  const auto body = read_object(what.body);
  if (!body || text_in(*body, "app_id").empty()
      || text_in(*body, "app_secret").empty())
    return {.what = lark_error(400, 10'003)};
  const std::lock_guard lock{guard_};
  for (auto& fault : faults_)
    if (fault.of_token && fault.next > 0) {
      --fault.next;
      return refused_by(fault, "lark");
    }
  token_ = "t-local-" + std::to_string(++tokens_);
  return {.what = json_answer(200, {{"code", 0},
                                    {"msg", "ok"},
                                    {"tenant_access_token", token_},
                                    {"expire", 7200}})};
}

sink_answer sink_chat::lark(const http::request& what,
                            const std::string& reply_to) {
  const auto body = read_object(what.body);
  if (!body || text_in(*body, "uuid").empty())
    return {.what = lark_error(400, 230'001)};
  {
    const std::lock_guard lock{guard_};
    if (token_.empty()
        || header_in(what, "authorization") != "Bearer " + token_)
      return {.what = lark_error(400, bad_token_code)};
  }
  const auto content = text_in(*body, "content");
  const auto type = text_in(*body, "msg_type");
  if (content.size() > (type == "text" ? lark_text_bytes : lark_card_bytes))
    return {.what = lark_error(400, too_long_code)};
  sink_arrival arrival{.relay = "lark", .chat = text_in(*body, "receive_id")};
  arrival.card = read_lark_card(type, content);
  arrival.text = text_of_card(arrival.card);
  arrival.key = text_in(*body, "uuid");
  arrival.reply_to = reply_to;
  return take(std::move(arrival));
}

sink_answer sink_chat::add_fault(const http::request& what) {
  const auto body = read_object(what.body);
  if (!body)
    return bad_body();
  sink_fault fault;
  fault.next = number_in(*body, "next");
  fault.status = static_cast<unsigned>(number_in(*body, "status"));
  fault.code = number_in(*body, "code");
  fault.stored = flag_in(*body, "stored");
  fault.hang = flag_in(*body, "hang");
  fault.of_token = text_in(*body, "of") == "token";
  fault.chat = text_in(*body, "chat");
  fault.header = text_in(*body, "header");
  fault.relay = text_in(*body, "relay");
  fault.error = text_in(*body, "error");
  fault.body = text_in(*body, "body");
  fault.cut = flag_in(*body, "cut");
  fault.half = flag_in(*body, "half");
  if (const auto* given = body->if_contains("parameters");
      given != nullptr && given->is_object())
    fault.parameters = given->get_object();
  const std::lock_guard lock{guard_};
  if (flag_in(*body, "forget_token"))
    token_.clear();
  if (flag_in(*body, "clear"))
    faults_.clear();
  std::erase_if(faults_, [](const sink_fault& f) { return f.next <= 0; });
  faults_.push_back(std::move(fault));
  return {.what = json_answer(200, {{"ok", true}})};
}

sink_answer sink_chat::take(sink_arrival what) {
  std::optional<sink_message> fresh;
  sink_answer result;
  {
    const std::lock_guard lock{guard_};
    if (auto fault = fault_for(what)) {
      ++refused_;
      return *fault;
    }
    bool repeated = false;
    const auto& message = store(what, repeated);
    result = {.what = accept_message(what.relay, message.message_id,
                                     message.number, what),
              .delay = options_.latency};
    if (!repeated)
      fresh = message;
  }
  if (fresh && on_message_)
    on_message_(*fresh);
  return result;
}

sink_message& sink_chat::store(sink_arrival what, bool& repeated) {
  const auto key = what.relay + "/" + what.key;
  const auto known = by_key_.find(key);
  const auto now = std::chrono::steady_clock::now();
  repeated = !what.key.empty() && known != by_key_.end()
             && known->second.number > forgotten_
             && now - known->second.since < options_.dedup;
  if (repeated) {
    auto& message = messages_[known->second.number - forgotten_ - 1];
    ++message.repeats;
    ++repeats_;
    return message;
  }
  sink_message message;
  message.number = forgotten_ + messages_.size() + 1;
  message.message_id = id_of_message(what.relay, message.number);
  message.relay = std::move(what.relay);
  message.chat = std::move(what.chat);
  message.text = std::move(what.text);
  message.key = std::move(what.key);
  message.reply_to = std::move(what.reply_to);
  message.card = std::move(what.card);
  message.received_at = format_rfc3339(now_utc());
  if (!message.key.empty())
    by_key_[key] = {message.number, now};
  messages_.push_back(std::move(message));
  if (messages_.size() > remembered) {
    by_key_.erase(messages_.front().relay + "/" + messages_.front().key);
    messages_.pop_front();
    ++forgotten_;
  }
  return messages_.back();
}

sink_answer sink_chat::refused_by(const sink_fault& fault,
                                  std::string_view relay) const {
  sink_answer result{.what = refuse_message(relay, fault),
                     .delay = options_.latency};
  if (fault.hang)
    result.end = sink_answer::fate::never;
  else if (fault.half)
    result.end = sink_answer::fate::half;
  else if (fault.cut)
    result.end = sink_answer::fate::cut;
  if (const auto colon = fault.header.find(": "); colon != std::string::npos)
    result.what.headers.push_back(
        {fault.header.substr(0, colon), fault.header.substr(colon + 2)});
  return result;
}

std::optional<sink_answer> sink_chat::fault_for(const sink_arrival& what) {
  for (auto& fault : faults_) {
    if (fault.next <= 0 || fault.of_token
        || (!fault.chat.empty() && fault.chat != what.chat)
        || (!fault.relay.empty() && fault.relay != what.relay))
      continue;
    --fault.next;
    if (fault.stored) {
      bool repeated = false;
      store(what, repeated);
    }
    return refused_by(fault, what.relay);
  }
  if (is_throttled(what.relay + "/" + what.chat))
    return sink_answer{.what = throttle_message(what.relay)};
  std::uniform_real_distribution<double> any{0.0, 1.0};
  if (options_.fail_rate > 0 && any(random_) < options_.fail_rate) {
    sink_fault fault;
    fault.code = what.relay == "lark" ? options_.code : 0;
    return refused_by(fault, what.relay);
  }
  return std::nullopt;
}

bool sink_chat::is_throttled(const std::string& chat) {
  if (options_.throttle == 0)
    return false;
  const auto now = std::chrono::steady_clock::now();
  auto& times = lately_[chat];
  while (!times.empty() && now - times.front() >= std::chrono::seconds{1})
    times.pop_front();
  if (times.size() >= options_.throttle)
    return true;
  times.push_back(now);
  return false;
}

/// By the Standard Webhooks scheme; written apart from the sender's, so that
/// one can show the other wrong.
bool sink_chat::is_signed(const http::request& what) const {
  if (std::ranges::all_of(options_.secrets, is_robot_secret))
    return true; // none of webhooks was named
  const auto text = header_in(what, "webhook-id") + "."
                    + header_in(what, "webhook-timestamp") + "." + what.body;
  const auto given = header_in(what, "webhook-signature");
  return std::ranges::any_of(options_.secrets, [&](const auto& secret) {
    const auto wanted = "v1," + signature_of(secret, text);
    return (" " + given + " ").find(" " + wanted + " ") != std::string::npos;
  });
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
                                    {"tokens", tokens_},
                                    {"heartbeats", beats_},
                                    {"by_relay", std::move(relays)}})};
}

} // namespace telltale::commands
