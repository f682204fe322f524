#include "commands/sink_chat.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "commands/sink_wire.hpp"
#include "messages/time.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

constexpr std::size_t remembered = 200'000;
constexpr std::string_view lark_prefix = "/open-apis/im/v1/messages";
constexpr std::int64_t throttled_code = 230'020;
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
  return {{"number", what.number},     {"relay", what.relay},
          {"chat", what.chat},         {"text", what.text},
          {"key", what.key},           {"message_id", what.message_id},
          {"reply_to", what.reply_to}, {"received_at", what.received_at},
          {"repeats", what.repeats}};
}

/// How each chat says that it will not take a message.
http::response refuse(const std::string& relay, unsigned status,
                      std::int64_t code) {
  if (relay == "lark" && code != 0)
    return lark_error(status == 0 ? 400 : status, code);
  return json_answer(status == 0 ? 500 : status,
                     {{"msg", "refused by the local chat"}});
}

http::response accept(const sink_message& what) {
  if (what.relay == "lark")
    return json_answer(200, {{"code", 0},
                             {"msg", "success"},
                             {"data",
                              {{"message_id", what.message_id},
                               {"chat_id", what.chat},
                               {"create_time", what.received_at}}}});
  if (what.relay == "octo")
    return json_answer(200, {{"message_id", std::stoull(what.message_id)},
                             {"client_msg_no", what.key},
                             {"message_seq", what.number}});
  return json_answer(200, {{"ok", true}});
}

std::string id_for(const std::string& relay, std::uint64_t number) {
  // Octo's ids are numbers beyond what a double holds.
  if (relay == "octo")
    return std::to_string(9'007'199'254'740'993ULL + number);
  return (relay == "lark" ? "om_" : "msg_") + std::to_string(number);
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
      return plain(200, page_of(messages()), "text/html; charset=utf-8");
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
  if (path == "/v1/bot/sendMessage")
    return octo(what);
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
  if (path.starts_with("/hook"))
    return hook(what);
  return plain(404, "nothing here\n");
}

sink_answer sink_chat::octo(const http::request& what) {
  const auto body = read_object(what.body);
  const auto* payload = body ? body->if_contains("payload") : nullptr;
  if (payload == nullptr || !payload->is_object())
    return bad_body();
  const auto& inner = payload->get_object();
  if (!header_in(what, "authorization").starts_with("Bearer "))
    return {.what = json_answer(401, {{"msg", "a token is required"}})};
  std::string reply_to;
  if (const auto* reply = inner.if_contains("reply");
      reply != nullptr && reply->is_object())
    reply_to = text_in(reply->get_object(), "message_id");
  return take({"octo", text_in(*body, "channel_id"), text_in(inner, "content"),
               text_in(*body, "client_msg_no"), std::move(reply_to)});
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
      return {.what = refuse("lark", fault.status, fault.code),
              .delay = options_.latency,
              .never = fault.hang};
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
  const auto text =
      lark_text(text_in(*body, "msg_type"), text_in(*body, "content"));
  return take({"lark", text_in(*body, "receive_id"), text,
               text_in(*body, "uuid"), reply_to});
}

sink_answer sink_chat::hook(const http::request& what) {
  const auto body = read_object(what.body);
  if (!body)
    return bad_body();
  return take({"webhook",
               {},
               text_in(*body, "type") + " " + text_in(*body, "task_id"),
               header_in(what, "webhook-id"),
               {}});
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
  const std::lock_guard lock{guard_};
  if (flag_in(*body, "forget_token"))
    token_.clear();
  std::erase_if(faults_, [](const sink_fault& f) { return f.next <= 0; });
  faults_.push_back(std::move(fault));
  return {.what = json_answer(200, {{"ok", true}})};
}

sink_answer sink_chat::take(arrival what) {
  std::optional<sink_message> fresh;
  sink_answer result;
  {
    const std::lock_guard lock{guard_};
    if (auto fault = fault_for(what)) {
      ++refused_;
      return *fault;
    }
    bool repeated = false;
    const auto& message = store(std::move(what), repeated);
    result = {.what = accept(message), .delay = options_.latency};
    if (!repeated)
      fresh = message;
  }
  if (fresh && on_message_)
    on_message_(*fresh);
  return result;
}

sink_message& sink_chat::store(arrival what, bool& repeated) {
  const auto key = what.relay + "/" + what.key;
  const auto known = by_key_.find(key);
  repeated =
      !what.key.empty() && known != by_key_.end() && known->second > forgotten_;
  if (repeated) {
    auto& message = messages_[known->second - forgotten_ - 1];
    ++message.repeats;
    ++repeats_;
    return message;
  }
  sink_message message;
  message.number = forgotten_ + messages_.size() + 1;
  message.message_id = id_for(what.relay, message.number);
  message.relay = std::move(what.relay);
  message.chat = std::move(what.chat);
  message.text = std::move(what.text);
  message.key = std::move(what.key);
  message.reply_to = std::move(what.reply_to);
  message.received_at = format_rfc3339(now_utc());
  by_key_[key] = message.number;
  messages_.push_back(std::move(message));
  if (messages_.size() > remembered) {
    by_key_.erase(messages_.front().relay + "/" + messages_.front().key);
    messages_.pop_front();
    ++forgotten_;
  }
  return messages_.back();
}

std::optional<sink_answer> sink_chat::fault_for(const arrival& what) {
  for (auto& fault : faults_) {
    if (fault.next <= 0 || fault.of_token
        || (!fault.chat.empty() && fault.chat != what.chat))
      continue;
    --fault.next;
    if (fault.stored) {
      bool repeated = false;
      store(what, repeated);
    }
    sink_answer result{.what = refuse(what.relay, fault.status, fault.code),
                       .delay = options_.latency,
                       .never = fault.hang};
    if (const auto colon = fault.header.find(": "); colon != std::string::npos)
      result.what.headers.push_back(
          {fault.header.substr(0, colon), fault.header.substr(colon + 2)});
    return result;
  }
  if (is_throttled(what.relay + "/" + what.chat)) {
    sink_answer result{.what = what.relay == "lark"
                                   ? lark_error(400, throttled_code)
                                   : refuse(what.relay, 429, 0)};
    result.what.headers.push_back(
        {what.relay == "lark" ? "x-ogw-ratelimit-reset" : "Retry-After", "1"});
    return result;
  }
  std::uniform_real_distribution<double> any{0.0, 1.0};
  if (options_.fail_rate > 0 && any(random_) < options_.fail_rate)
    return sink_answer{.what = refuse(what.relay, 0, options_.code),
                       .delay = options_.latency};
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
