#include "commands/sink/sink_dialect.hpp"

#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "commands/sink/sink_wire.hpp"
#include "text/utf8.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

constexpr std::size_t slack_text = 40'000;
constexpr std::size_t slack_section = 3'000;
constexpr std::size_t slack_header = 150;
constexpr std::size_t dingtalk_text = 5'000;
constexpr std::size_t wecom_bytes = 4'096;
constexpr std::size_t telegram_units = 4'096;

http::response bad_body() {
  return json_answer(400, {{"msg", "the body cannot be read"}});
}

void add(std::string& text, const std::string& line) {
  if (!line.empty())
    text += (text.empty() ? "" : "\n") + line;
}

std::string id_as_text(const json::object& of, std::string_view key) {
  const auto number = number_or_zero(of, key);
  return number != 0 ? std::to_string(number) : text_at(of, key);
}

http::response slack_error(unsigned status, std::string_view error) {
  return json_answer(status, {{"ok", false}, {"error", error}});
}

http::response errcode(std::int64_t code, std::string_view text) {
  return json_answer(200, {{"errcode", code}, {"errmsg", text}});
}

http::response telegram_error(unsigned status, std::string_view text,
                              const json::object& parameters = {}) {
  json::object body{
      {"ok", false}, {"error_code", status}, {"description", text}};
  if (!parameters.empty())
    body["parameters"] = parameters;
  return json_answer(status, body);
}

sink_reading read_octo(const http::request& what, const json::object& body) {
  const auto& inner = object_at(body, "payload");
  if (inner.empty())
    return bad_body();
  if (!what.find("authorization").value_or("").starts_with("Bearer "))
    return json_answer(401, {{"msg", "a bot's token is required"}});
  sink_arrival result{.relay = "octo", .chat = text_at(body, "channel_id")};
  result.text = text_at(inner, "content");
  result.key = text_at(body, "client_msg_no");
  result.reply_to = text_at(object_at(inner, "reply"), "message_id");
  result.card.body = result.text;
  return result;
}

sink_reading read_slack(const http::request& what, const json::object& body) {
  if (!what.find("authorization").value_or("").starts_with("Bearer xox"))
    return slack_error(200, "invalid_auth");
  if (text_at(body, "channel").empty())
    return slack_error(200, "channel_not_found");
  sink_card card;
  for (const auto& block : array_at(body, "blocks")) {
    if (!block.is_object())
      return slack_error(200, "invalid_blocks");
    const auto& object = block.get_object();
    const auto type = text_at(object, "type");
    const auto text = text_at(object_at(object, "text"), "text");
    if ((type == "header" || type == "section")
        && (text.empty()
            || text::utf16_units(text)
                   > (type == "header" ? slack_header : slack_section)))
      return slack_error(200, "invalid_blocks");
    if (type == "header")
      card.title = text;
    else if (type == "section")
      add(card.body, text);
    for (const auto& element : array_at(object, "elements")) {
      if (!element.is_object())
        return slack_error(200, "invalid_blocks");
      const auto& inner = element.get_object();
      add(card.body, text_at(inner, "text"));
      if (text_at(inner, "type") == "button") {
        card.link = text_at(inner, "url");
        card.link_text = text_at(object_at(inner, "text"), "text");
      }
    }
  }
  const auto text = text_at(body, "text");
  if (text.empty() && card.body.empty())
    return slack_error(200, "no_text");
  if (text.size() > slack_text)
    return slack_error(200, "msg_too_long");
  if (card.body.empty())
    card.body = text;
  sink_arrival result{.relay = "slack", .chat = text_at(body, "channel")};
  result.text = text_of_card(card);
  result.reply_to = text_at(body, "thread_ts");
  result.card = std::move(card);
  return result;
}

sink_reading read_dingtalk(const http::request& what,
                           const json::object& body) {
  const auto token = value_in_query(what, "access_token");
  if (token.empty())
    return errcode(300'001, "token is not exist");
  const auto& shown = text_at(body, "msgtype") == "actionCard"
                          ? object_at(body, "actionCard")
                          : object_at(body, "markdown");
  sink_card card;
  card.title = text_at(shown, "title");
  card.body = text_at(shown, "text");
  card.link = text_at(shown, "singleURL");
  card.link_text = text_at(shown, "singleTitle");
  if (card.title.empty() || card.body.empty())
    return errcode(40'035, "missing parameter json");
  if (text::utf16_units(card.body) > dingtalk_text)
    return errcode(460'101, "message too long");
  sink_arrival result{.relay = "dingtalk", .chat = token};
  result.text = text_of_card(card);
  result.card = std::move(card);
  return result;
}

/// A last line that is a link becomes the card's button.
sink_card card_of_markdown(std::string_view text) {
  sink_card card;
  const auto open = text.rfind("\n[");
  const auto middle = text.rfind("](");
  if (open == std::string_view::npos || middle == std::string_view::npos
      || middle < open || !text.ends_with(')')) {
    card.body = text;
    return card;
  }
  card.body = text.substr(0, open);
  card.link_text = text.substr(open + 2, middle - open - 2);
  card.link = text.substr(middle + 2, text.size() - middle - 3);
  return card;
}

sink_reading read_wecom(const http::request& what, const json::object& body) {
  const auto key = value_in_query(what, "key");
  if (key.empty())
    return errcode(93'000, "invalid webhook url");
  sink_arrival result{.relay = "wecom", .chat = key};
  result.text = text_at(object_at(body, "markdown"), "content");
  if (text_at(body, "msgtype") != "markdown")
    return errcode(40'008, "invalid message type");
  if (result.text.empty())
    return errcode(44'004, "empty content");
  if (result.text.size() > wecom_bytes)
    return errcode(40'058, "markdown.content exceed max length 4096");
  result.card = card_of_markdown(result.text);
  return result;
}

sink_reading read_telegram(const http::request& what,
                           const json::object& body) {
  constexpr std::string_view prefix = "/bot";
  constexpr std::string_view suffix = "/sendMessage";
  const auto token = std::string_view{what.target}.substr(
      prefix.size(), what.target.size() - prefix.size() - suffix.size());
  // An id, a colon, a secret.
  if (token.find(':') == std::string_view::npos)
    return telegram_error(404, "Not Found");
  sink_arrival result{.relay = "telegram", .chat = id_as_text(body, "chat_id")};
  if (result.chat.empty())
    return telegram_error(400, "Bad Request: chat_id is empty");
  const auto html = text_at(body, "text");
  const auto seen = text_of_html(html);
  if (!seen)
    return telegram_error(400, "Bad Request: can't parse entities: "
                               "Unsupported start tag at byte offset 0");
  if (seen->text.empty())
    return telegram_error(400, "Bad Request: message text is empty");
  if (text::utf16_units(seen->text) > telegram_units)
    return telegram_error(400, "Bad Request: message is too long");
  result.card.body = seen->text;
  result.card.link = seen->link;
  if (const auto line = seen->text.rfind('\n');
      !seen->link.empty() && line != std::string::npos) {
    result.card.link_text = seen->text.substr(line + 1);
    result.card.body.resize(line);
  }
  result.text = seen->text + (seen->link.empty() ? "" : "\n" + seen->link);
  result.reply_to =
      id_as_text(object_at(body, "reply_parameters"), "message_id");
  return result;
}

sink_reading read_hook(const http::request& what, const json::object& body) {
  sink_arrival result{.relay = "webhook", .chat = {}};
  result.text = text_at(body, "type") + " " + text_at(body, "task_id");
  result.key = std::string{what.find("webhook-id").value_or("")};
  result.card.title = text_at(body, "type");
  result.card.body = json::serialize(body);
  return result;
}

} // namespace

std::string_view chat_of_path(std::string_view path) noexcept {
  if (path == "/v1/bot/sendMessage")
    return "octo";
  if (path == "/api/chat.postMessage")
    return "slack";
  if (path == "/robot/send")
    return "dingtalk";
  if (path == "/cgi-bin/webhook/send")
    return "wecom";
  if (path.starts_with("/bot") && path.ends_with("/sendMessage"))
    return "telegram";
  return path.starts_with("/hook") ? "webhook" : "";
}

std::string text_of_card(const sink_card& card) {
  std::string text;
  for (const auto& line : {card.title, card.body, card.link})
    add(text, line);
  return text;
}

sink_card read_lark_card(std::string_view type, std::string_view content) {
  sink_card card;
  const auto object = parse_object(content);
  if (!object)
    return card;
  if (type == "text") {
    card.body = text_at(*object, "text");
    return card;
  }
  const auto& header = object_at(*object, "header");
  card.title = text_at(object_at(header, "title"), "content");
  card.colour = text_at(header, "template");
  for (const auto& element : array_at(*object, "elements")) {
    if (!element.is_object())
      continue;
    const auto& inner = element.get_object();
    add(card.body, as_seen(text_at(inner, "content")));
    for (const auto& action : array_at(inner, "actions"))
      if (action.is_object()) {
        card.link = text_at(action.get_object(), "url");
        card.link_text =
            text_at(object_at(action.get_object(), "text"), "content");
      }
  }
  return card;
}

sink_reading read_message(std::string_view relay, const http::request& what) {
  const auto body = parse_object(what.body);
  if (!body)
    return relay == "slack"      ? slack_error(200, "invalid_json")
           : relay == "telegram" ? telegram_error(400, "Bad Request")
                                 : bad_body();
  if (relay == "octo")
    return read_octo(what, *body);
  if (relay == "slack")
    return read_slack(what, *body);
  if (relay == "dingtalk")
    return read_dingtalk(what, *body);
  if (relay == "wecom")
    return read_wecom(what, *body);
  return relay == "telegram" ? read_telegram(what, *body)
                             : read_hook(what, *body);
}

http::response accept_message(std::string_view relay,
                              std::string_view message_id, std::uint64_t number,
                              const sink_arrival& what) {
  if (relay == "lark")
    return json_answer(
        200, {{"code", 0},
              {"msg", "success"},
              {"data", {{"message_id", message_id}, {"chat_id", what.chat}}}});
  if (relay == "octo")
    return json_answer(200,
                       {{"message_id", std::stoull(std::string{message_id})},
                        {"client_msg_no", what.key},
                        {"message_seq", number}});
  if (relay == "slack")
    return json_answer(
        200, {{"ok", true}, {"channel", what.chat}, {"ts", message_id}});
  if (relay == "telegram")
    return json_answer(200,
                       {{"ok", true}, {"result", {{"message_id", number}}}});
  if (relay == "dingtalk" || relay == "wecom")
    return errcode(0, "ok");
  return json_answer(200, {{"ok", true}});
}

http::response refuse_message(std::string_view relay, const sink_fault& fault) {
  const auto status = [&](unsigned otherwise) {
    return fault.status == 0 ? otherwise : fault.status;
  };
  if (!fault.body.empty())
    return {.status = status(200), .headers = {}, .body = fault.body};
  if (relay == "lark" && fault.code != 0)
    return lark_error(status(400), fault.code);
  if (relay == "slack" && !fault.error.empty())
    return slack_error(status(200), fault.error);
  if (relay == "telegram" && (!fault.error.empty() || fault.status != 0))
    return telegram_error(status(400), fault.error, fault.parameters);
  if ((relay == "dingtalk" || relay == "wecom") && fault.code != 0)
    return errcode(fault.code, "refused by the local chat");
  return json_answer(status(500), {{"msg", "refused by the local chat"}});
}

http::response refuse_robot(robot_signature why) {
  // As the robot words it since 2022; before, "sign not match" and "invalid
  // timestamp".
  return errcode(310'000,
                 why == robot_signature::stale
                     ? "description:机器人发送签名过期;solution:签名生成时间和"
                       "发送时间请保持在 timestampms 以内;"
                     : "description:机器人发送签名不匹配;solution:请确认签名和"
                       "生成签名的时间戳必须都放在调用的网址中，请确认机器人的"
                       "密钥加密和填写正确;");
}

http::response throttle_message(std::string_view relay,
                                const sink_limiter::refusal& why) {
  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(why.wait).count();
  http::response answer;
  const char* header = "Retry-After";
  if (relay == "lark") {
    // The chat's limit is the message API's own code, the app's the gateway's.
    answer = why.per == sink_limit::scope::app ? lark_error(429, 99'991'400)
                                               : lark_error(400, 230'020);
    answer.headers.push_back(
        {"x-ogw-ratelimit-limit", std::to_string(why.most)});
    header = "x-ogw-ratelimit-reset";
  } else if (relay == "slack") {
    answer = slack_error(429, "ratelimited");
  } else if (relay == "dingtalk") {
    return errcode(130'101, "send too fast, exceed 20 times per minute");
  } else if (relay == "wecom") {
    return errcode(45'009, "api freq out of limit");
  } else if (relay == "telegram") {
    return telegram_error(
        429, "Too Many Requests: retry after " + std::to_string(seconds),
        {{"retry_after", seconds}});
  } else {
    answer = json_answer(429, {{"msg", "too many messages"}});
  }
  answer.headers.push_back({header, std::to_string(seconds)});
  return answer;
}

std::string id_of_message(std::string_view relay, std::uint64_t number) {
  // Octo's ids are numbers beyond what a double holds.
  if (relay == "octo")
    return std::to_string(9'007'199'254'740'993ULL + number);
  if (relay == "lark")
    return "om_" + std::to_string(number);
  if (relay == "slack")
    return "1700000000." + std::to_string(1'000'000 + number).substr(1);
  if (relay == "telegram")
    return std::to_string(number);
  return relay == "webhook" ? "msg_" + std::to_string(number) : std::string{};
}

} // namespace telltale::commands
