#include "commands/sink/sink_chat.hpp"

#include <algorithm>

#include <boost/json/object.hpp>

#include "commands/sink/sink_page.hpp"
#include "commands/sink/sink_sign.hpp"
#include "commands/sink/sink_wire.hpp"
#include "messages/time.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

constexpr std::size_t remembered = 200'000;
constexpr std::size_t remembered_bytes = 256'000'000;
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

std::string header_in(const http::request& what, std::string_view name) {
  return std::string{what.find(name).value_or("")};
}

/// Empty: not from a socket at all.
bool is_local(std::string_view address) {
  return address.empty() || address.starts_with("127.") || address == "::1"
         || address.starts_with("::ffff:127.");
}

std::size_t weight_of(const sink_message& what) {
  return sizeof what + what.text.size() + what.card.body.size()
         + what.card.title.size() + what.key.size() + what.chat.size();
}

std::string path_of(const http::request& what) {
  return what.target.substr(0, what.target.find('?'));
}

} // namespace

sink_chat::sink_chat(sink_options options,
                     std::function<void(const sink_message&)> on_message)
    : options_(options), on_message_(std::move(on_message)),
      random_(options.seed), limiter_(options.real_limits, options.throttle) {}

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
    if (path == "/messages")
      return list(what);
    if (path == "/chats")
      return chats(what);
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
  if (path == "/api/auth.test")
    return probe("slack");
  if (path.starts_with("/bot") && path.ends_with("/getMe"))
    return probe("telegram");
  if (path == lark_prefix)
    return lark(what, {});
  if (path.starts_with(lark_prefix) && path.ends_with("/reply"))
    return lark(what, path.substr(lark_prefix.size() + 1,
                                  path.size() - lark_prefix.size() - 7));
  if (const auto relay = chat_of_path(path); !relay.empty()) {
    if (relay == "webhook" && !is_signed(what))
      return {.what = json_answer(401, {{"msg", "the signature is wrong"}})};
    if (relay == "lark-bot" && !is_lark_bot_signed(what, options_.secrets))
      return {.what = json_answer(
                  200, {{"code", 19'021}, {"msg", "sign match fail"}})};
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
  const auto body = parse_object(what.body);
  if (!body || text_at(*body, "app_id").empty()
      || text_at(*body, "app_secret").empty())
    return {.what = lark_error(400, 10'003)};
  const std::lock_guard lock{guard_};
  if (const auto fault = faults_.meet_token(std::chrono::steady_clock::now()))
    return refused_by(*fault, "lark");
  token_ = "t-local-" + std::to_string(++tokens_);
  return {.what = json_answer(200, {{"code", 0},
                                    {"msg", "ok"},
                                    {"tenant_access_token", token_},
                                    {"expire", 7200}})};
}

sink_answer sink_chat::probe(std::string_view relay) {
  const std::lock_guard lock{guard_};
  if (const auto fault =
          faults_.meet_probe(relay, std::chrono::steady_clock::now()))
    return refused_by(*fault, relay);
  return {.what = json_answer(200, {{"ok", true}})};
}

sink_answer sink_chat::lark(const http::request& what,
                            const std::string& reply_to) {
  const auto body = parse_object(what.body);
  if (!body || text_at(*body, "uuid").empty())
    return {.what = lark_error(400, 230'001)};
  {
    const std::lock_guard lock{guard_};
    if (token_.empty()
        || header_in(what, "authorization") != "Bearer " + token_)
      return {.what = lark_error(400, bad_token_code)};
  }
  const auto content = text_at(*body, "content");
  const auto type = text_at(*body, "msg_type");
  if (content.size() > (type == "text" ? lark_text_bytes : lark_card_bytes))
    return {.what = lark_error(400, too_long_code)};
  sink_arrival arrival{.relay = "lark", .chat = text_at(*body, "receive_id")};
  arrival.card = read_lark_card(type, content);
  arrival.text = text_of_card(arrival.card);
  arrival.key = text_at(*body, "uuid");
  arrival.reply_to = reply_to;
  return take(std::move(arrival));
}

sink_answer sink_chat::add_fault(const http::request& what) {
  // Whoever may send messages from elsewhere may not switch the sink off.
  if (!is_local(what.remote_address))
    return {.what =
                json_answer(403, {{"msg", "faults from this machine only"}})};
  const auto body = parse_object(what.body);
  if (!body)
    return bad_body();
  const std::lock_guard lock{guard_};
  if (flag_at(*body, "forget_token"))
    token_.clear();
  faults_.add(*body, std::chrono::steady_clock::now());
  return {.what = json_answer(200, {{"ok", true}}),
          .closed_for = std::chrono::milliseconds{
              std::max<std::int64_t>(number_or_zero(*body, "closed_ms"), 0)}};
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
  bytes_ += weight_of(message);
  messages_.push_back(std::move(message));
  while (messages_.size() > 1
         && (messages_.size() > remembered || bytes_ > remembered_bytes)) {
    const auto& oldest = messages_.front();
    // The key may have come anew since, with a younger message.
    if (const auto of = by_key_.find(oldest.relay + "/" + oldest.key);
        of != by_key_.end() && of->second.number == oldest.number)
      by_key_.erase(of);
    bytes_ -= weight_of(oldest);
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
  const auto now = std::chrono::steady_clock::now();
  if (const auto fault = faults_.meet(what.relay, what.chat, now)) {
    if (fault->gzip) {
      bool repeated = false;
      const auto& message = store(what, repeated);
      return sink_answer{
          .what = in_gzip(accept_message(what.relay, message.message_id,
                                         message.number, what))};
    }
    if (fault->stored) {
      bool repeated = false;
      store(what, repeated);
    }
    return refused_by(*fault, what.relay);
  }
  if (const auto broken = limiter_.admit(what.relay, what.chat, now)) {
    ++throttled_;
    return sink_answer{.what = throttle_message(what.relay, *broken)};
  }
  std::uniform_real_distribution<double> any{0.0, 1.0};
  if (options_.fail_rate > 0 && any(random_) < options_.fail_rate) {
    sink_fault fault;
    fault.code = what.relay == "lark" ? options_.code : 0;
    return refused_by(fault, what.relay);
  }
  return std::nullopt;
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

} // namespace telltale::commands
