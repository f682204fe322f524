#include "commands/sink/sink_dialect.hpp"

#include <string>

#include <boost/json/object.hpp>

#include "commands/sink/sink_errors.hpp"
#include "commands/sink/sink_wire.hpp"

// How each chat words its answers.

namespace telltale::commands {

namespace json = boost::json;

http::response slack_error(unsigned status, std::string_view error) {
  return json_answer(status, {{"ok", false}, {"error", error}});
}

http::response errcode(std::int64_t code, std::string_view text) {
  return json_answer(200, {{"errcode", code}, {"errmsg", text}});
}

http::response telegram_error(unsigned status, std::string_view text,
                              const json::object& parameters) {
  json::object body{
      {"ok", false}, {"error_code", status}, {"description", text}};
  if (!parameters.empty())
    body["parameters"] = parameters;
  return json_answer(status, body);
}

http::response lark_code(unsigned status, std::int64_t code) {
  return json_answer(status, {{"code", code},
                              {"msg", "refused by the local chat"},
                              {"data", json::object{}}});
}

http::response slack_word(unsigned status, std::string_view text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/html"}},
          .body = std::string{text}};
}

http::response discord_error(unsigned status, std::int64_t code) {
  return json_answer(
      status, {{"message", "refused by the local chat"}, {"code", code}});
}

std::string_view chat_of_path(std::string_view path) noexcept {
  if (path.starts_with("/open-apis/bot/v2/hook/"))
    return "lark-bot";
  if (path.starts_with("/services/"))
    return "slack-webhook";
  if (path.starts_with("/api/webhooks/"))
    return "discord";
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
  if (relay == "slack-webhook")
    return slack_word(200, "ok");
  if (relay == "lark-bot")
    return json_answer(
        200, {{"code", 0}, {"msg", "success"}, {"data", json::object{}}});
  if (relay == "discord")
    return json_answer(200, {{"id", message_id}, {"type", 0}});
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
  if (fault.of_credential)
    return refuse_credential(relay);
  if (!fault.body.empty())
    return {.status = status(200), .headers = {}, .body = fault.body};
  if (relay == "lark" && fault.code != 0)
    return lark_error(status(400), fault.code);
  if (relay == "slack" && !fault.error.empty())
    return slack_error(status(200), fault.error);
  if (relay == "slack-webhook" && !fault.error.empty())
    return slack_word(status(400), fault.error);
  if (relay == "lark-bot" && fault.code != 0)
    return lark_code(status(200), fault.code);
  if (relay == "discord" && fault.code != 0)
    return discord_error(status(400), fault.code);
  if (relay == "telegram" && (!fault.error.empty() || fault.status != 0))
    return telegram_error(status(400), fault.error, fault.parameters);
  if ((relay == "dingtalk" || relay == "wecom") && fault.code != 0)
    return errcode(fault.code, "refused by the local chat");
  return json_answer(status(500), {{"msg", "refused by the local chat"}});
}

http::response refuse_credential(std::string_view relay) {
  if (relay == "lark")
    return lark_error(400, 10'014);
  if (relay == "slack")
    return slack_error(200, "invalid_auth");
  if (relay == "telegram")
    return telegram_error(401, "Unauthorized");
  if (relay == "lark-bot")
    return lark_code(200, 19'001);
  if (relay == "slack-webhook")
    return slack_word(404, "no_service");
  if (relay == "discord")
    return discord_error(404, 10'015);
  if (relay == "dingtalk")
    return errcode(300'001, "token is not exist");
  if (relay == "wecom")
    return errcode(40'001, "invalid credential");
  return json_answer(401, {{"msg", "a bot's token is required"}});
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
  } else if (relay == "lark-bot") {
    return lark_code(200, 11'232);
  } else if (relay == "slack-webhook") {
    answer = slack_word(429, "rate_limited");
  } else if (relay == "discord") {
    answer = json_answer(429, {{"message", "You are being rate limited."},
                               {"retry_after", static_cast<double>(seconds)},
                               {"global", false}});
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
  if (relay == "discord")
    return std::to_string(1'200'000'000'000'000'000ULL + number);
  return relay == "webhook" ? "msg_" + std::to_string(number) : std::string{};
}

} // namespace telltale::commands
