// libs: telltale_relay
#define CAF_SUITE unit.chats
#include <set>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "actors/relay/channels/chats.hpp"
#include "actors/relay/channels/hmac.hpp"
#include "actors/relay/text/markup.hpp"
#include "tests/support/checks.hpp"
#include "text/utf8.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

http::client_response answer(unsigned status, std::string body,
                             std::vector<http::header> headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

http::client_response slack(const std::string& error) {
  return answer(200, R"({"ok":false,"error":")" + error + "\"}");
}

http::client_response errcode(std::int64_t code) {
  return answer(200, "{\"errcode\":" + std::to_string(code)
                         + R"(,"errmsg":"s3cret @all"})");
}

http::client_response telegram(unsigned status, const std::string& text,
                               const std::string& parameters = "{}") {
  return answer(status, R"({"ok":false,"error_code":)" + std::to_string(status)
                            + R"(,"description":")" + text
                            + R"(","parameters":)" + parameters + "}");
}

/// The other side: answers in order, keeps what was asked.
struct script {
  std::vector<http::client_response> answers;
  std::vector<http::client_request> seen;

  http_sender sender() {
    return [this](http::client_request what,
                  const std::function<void(http::client_result)>& then) {
      const auto i = std::min(seen.size(), answers.size() - 1);
      seen.push_back(std::move(what));
      then(answers.at(i));
    };
  }

  [[nodiscard]] boost::json::object body(std::size_t i) const {
    return boost::json::parse(seen.at(i).body).as_object();
  }
};

config::relay_config options(const std::string& type) {
  config::relay_config result;
  result.type = type;
  result.token = config::secret{"12:s3cret"};
  return result;
}

outgoing message(const std::string& words = "⚠️ it broke") {
  outgoing result;
  result.chat.chat_id = "C1";
  result.message.message = words;
  result.message.copy = "⚠️ The copy.";
  result.message.title = "Title";
  result.message.attempt = "Attempt 1 of 2";
  result.message.link = "https://h/runs/1?a=1&b=2";
  result.message.open_run = "Open the run";
  result.message.untitled = "Untitled run";
  result.message.separator = " · ";
  return result;
}

send_result send(const std::shared_ptr<channel>& to, outgoing what) {
  send_result kept = given_up{"nothing came"};
  to->send(std::move(what), [&](send_result r) { kept = std::move(r); });
  return kept;
}

std::string why(const send_result& result) {
  if (const auto* later = std::get_if<try_again>(&result))
    return later->why;
  const auto* never = std::get_if<given_up>(&result);
  return never == nullptr ? std::string{} : never->why;
}

std::size_t units_with_joiners(std::string_view text) {
  return text::utf16_units(text);
}

} // namespace

CAF_TEST(each error of slack has its rule) {
  const std::vector<std::pair<std::string, call_rule>> rows{
      {"ratelimited", call_rule::throttled},
      {"rate_limited", call_rule::throttled},
      {"message_limit_exceeded", call_rule::throttled},
      {"fatal_error", call_rule::transient},
      {"internal_error", call_rule::transient},
      {"service_unavailable", call_rule::transient},
      {"request_timeout", call_rule::transient},
      {"cannot_reply_to_message", call_rule::leave_thread},
      {"restricted_action_thread_locked", call_rule::leave_thread},
      {"msg_too_long", call_rule::leave_detail},
      {"invalid_blocks", call_rule::leave_detail},
      {"channel_not_found", call_rule::binding_broken},
      {"not_in_channel", call_rule::binding_broken},
      {"is_archived", call_rule::binding_broken},
      {"restricted_action", call_rule::binding_broken},
      {"invalid_auth", call_rule::permanent},
      {"not_authed", call_rule::permanent},
      {"token_revoked", call_rule::permanent},
      {"account_inactive", call_rule::permanent},
      {"missing_scope", call_rule::permanent},
      {"brand_new_error", call_rule::permanent}};
  for (const auto& [error, rule] : rows)
    CAF_CHECK(judge_slack(slack(error)).rule == rule);
  const auto throttled = judge_slack(answer(
      429, R"({"ok":false,"error":"ratelimited"})", {{"Retry-After", "7"}}));
  CAF_CHECK(throttled.rule == call_rule::throttled);
  CAF_CHECK(throttled.after == 7000ms);
  CAF_CHECK(judge_slack(answer(503, "")).rule == call_rule::transient);
  CAF_CHECK(judge_slack(answer(200, "")).rule == call_rule::transient);
  CAF_CHECK(judge_slack(answer(200, "[1]")).rule == call_rule::transient);
  CAF_CHECK(judge_slack(answer(404, "")).rule == call_rule::permanent);
  const auto good = judge_slack(answer(200, R"({"ok":true,"ts":"1.5"})"));
  CAF_CHECK(good.rule == call_rule::sent);
  CAF_CHECK_EQUAL(good.message_id, "1.5");
}

CAF_TEST(each code of dingtalk has its rule) {
  const std::vector<std::pair<std::int64_t, call_rule>> rows{
      {0, call_rule::sent},
      {-1, call_rule::transient},
      {130101, call_rule::throttled},
      {410100, call_rule::throttled},
      {430101, call_rule::leave_detail},
      {430102, call_rule::leave_detail},
      {430104, call_rule::leave_detail},
      {460101, call_rule::leave_detail},
      {310000, call_rule::permanent},
      {300001, call_rule::permanent},
      {400101, call_rule::permanent},
      {400013, call_rule::binding_broken},
      {400102, call_rule::binding_broken},
      {400106, call_rule::binding_broken},
      {99, call_rule::permanent}};
  for (const auto& [code, rule] : rows)
    CAF_CHECK(judge_dingtalk(errcode(code)).rule == rule);
  CAF_CHECK(judge_dingtalk(errcode(130101)).after == 60'000ms);
  CAF_CHECK(judge_dingtalk(answer(502, "")).rule == call_rule::transient);
  CAF_CHECK(judge_dingtalk(answer(200, "{}")).rule == call_rule::transient);
}

CAF_TEST(each code of wecom has its rule) {
  const std::vector<std::pair<std::int64_t, call_rule>> rows{
      {0, call_rule::sent},
      {-1, call_rule::transient},
      {45009, call_rule::throttled},
      {45033, call_rule::throttled},
      {45002, call_rule::leave_detail},
      {40058, call_rule::leave_detail},
      {93000, call_rule::binding_broken},
      {93004, call_rule::binding_broken},
      {93008, call_rule::binding_broken},
      {40001, call_rule::permanent},
      {77, call_rule::permanent}};
  for (const auto& [code, rule] : rows)
    CAF_CHECK(judge_wecom(errcode(code)).rule == rule);
  CAF_CHECK(judge_wecom(answer(500, "")).rule == call_rule::transient);
  CAF_CHECK(judge_wecom(answer(200, "null")).rule == call_rule::transient);
}

CAF_TEST(each error of telegram has its rule) {
  struct row {
    unsigned status;
    const char* text;
    call_rule rule;
  };
  for (const auto& [status, text, rule] : std::vector<row>{
           {400, "Bad Request: chat not found", call_rule::binding_broken},
           {400, "Bad Request: PEER_ID_INVALID", call_rule::binding_broken},
           {400, "Bad Request: CHAT_WRITE_FORBIDDEN",
            call_rule::binding_broken},
           {400, "Bad Request: have no rights to send a message",
            call_rule::binding_broken},
           {403, "Forbidden: bot was blocked by the user",
            call_rule::binding_broken},
           {403, "Forbidden: bot was kicked from the supergroup chat",
            call_rule::binding_broken},
           {403, "Forbidden: something new", call_rule::binding_broken},
           {400, "Bad Request: message thread not found",
            call_rule::leave_thread},
           {400, "Bad Request: TOPIC_CLOSED", call_rule::leave_thread},
           {400, "Bad Request: message to be replied not found",
            call_rule::leave_thread},
           {400, "Bad Request: message is too long", call_rule::leave_detail},
           {400, "Bad Request: can't parse entities: x",
            call_rule::leave_detail},
           {400, "Bad Request: message text is empty", call_rule::permanent},
           {401, "Unauthorized", call_rule::permanent},
           {404, "Not Found", call_rule::permanent},
           {429, "Too Many Requests: retry after 5", call_rule::throttled},
           {500, "Internal Server Error", call_rule::transient}})
    CAF_CHECK(judge_telegram(telegram(status, text)).rule == rule);
  const auto wait = judge_telegram(
      telegram(429, "Too Many Requests", R"({"retry_after":5})"));
  CAF_CHECK(wait.after == 5000ms);
  const auto moved =
      judge_telegram(telegram(400, "Bad Request: group chat was upgraded",
                              R"({"migrate_to_chat_id":-1001234567890123})"));
  CAF_CHECK(moved.rule == call_rule::move_chat);
  CAF_CHECK_EQUAL(moved.moved_to, "-1001234567890123");
  const auto good =
      judge_telegram(answer(200, R"({"ok":true,"result":{"message_id":9}})"));
  CAF_CHECK_EQUAL(good.message_id, "9");
  CAF_CHECK(judge_telegram(answer(200, R"({"ok":true,"result":true})")).rule
            == call_rule::transient);
}

CAF_TEST(what can be mended by sending again is sent again once) {
  script other_side;
  const auto to = make_slack_channel(options("slack"), other_side.sender());
  auto what = message();
  what.chat.thread_id = "1.0";
  other_side.answers = {slack("cannot_reply_to_message"), slack("msg_too_long"),
                        answer(200, R"({"ok":true,"ts":"2.0"})")};
  CAF_CHECK(send(to, what) == send_result{message_sent{"2.0"}});
  CAF_REQUIRE_EQUAL(other_side.seen.size(), 3u);
  CAF_CHECK(other_side.body(0).at("thread_ts") == "1.0");
  CAF_CHECK(!other_side.body(1).contains("thread_ts"));
  CAF_CHECK(other_side.seen[1].body.find("it broke") != std::string::npos);
  CAF_CHECK(other_side.seen[2].body.find("it broke") == std::string::npos);
  CAF_CHECK(other_side.seen[2].body.find("The copy.") != std::string::npos);
  other_side.answers = {slack("msg_too_long")};
  CAF_CHECK(std::holds_alternative<given_up>(send(to, message())));
  CAF_CHECK_EQUAL(other_side.seen.size(), 5u);
}

CAF_TEST(a group that became a supergroup is followed and remembered) {
  script other_side;
  const auto to =
      make_telegram_channel(options("telegram"), other_side.sender());
  const auto moved = telegram(400, "Bad Request: group chat was upgraded",
                              R"({"migrate_to_chat_id":-100})");
  const auto good = answer(200, R"({"ok":true,"result":{"message_id":9}})");
  other_side.answers = {moved, good, good, moved};
  CAF_CHECK(send(to, message()) == send_result{message_sent{"9"}});
  CAF_CHECK(send(to, message()) == send_result{message_sent{"9"}});
  CAF_CHECK_EQUAL(other_side.seen.size(), 3u);
  CAF_CHECK(other_side.body(2).at("chat_id") == "-100");
  CAF_CHECK(std::get<given_up>(send(to, message())).binding_broken);
}

CAF_TEST(a robot of dingtalk is signed as its documents say) {
  // The documents' own scheme: key over "timestamp LF key", Base64 in a query.
  CAF_CHECK_EQUAL(hmac_sha256_base64("key", "The quick brown fox jumps over "
                                            "the lazy dog"),
                  "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=");
  script other_side;
  auto choices = options("dingtalk");
  choices.sign_secret = config::secret{"SECabc"};
  const auto to = make_dingtalk_channel(choices, other_side.sender(), [] {
    return parse_rfc3339("2020-01-01T00:00:00Z").value();
  });
  other_side.answers = {errcode(0)};
  CAF_CHECK(send(to, message()) == send_result{message_sent{""}});
  const auto& url = other_side.seen[0].url;
  CAF_CHECK(url.find("&timestamp=1577836800000&sign=") != std::string::npos);
  CAF_CHECK(url.find('+') == std::string::npos);
  CAF_CHECK(url.find("SECabc") == std::string::npos);
  const auto card = other_side.body(0).at("actionCard").as_object();
  CAF_CHECK(card.at("singleURL") == "https://h/runs/1?a=1&b=2");
}

CAF_TEST(only what a chat dedupes may be repeated unseen) {
  for (const std::string type :
       {"octo", "lark", "webhook", "slack", "dingtalk", "wecom", "telegram"}) {
    script other_side;
    auto choices = options(type);
    choices.app_id = "cli_1";
    choices.app_secret = config::secret{"s3cret"};
    const auto from = other_side.sender();
    const auto to = type == "octo"       ? make_octo_channel(choices, from)
                    : type == "lark"     ? make_lark_channel(choices, from)
                    : type == "webhook"  ? make_webhook_channel(choices, from)
                    : type == "slack"    ? make_slack_channel(choices, from)
                    : type == "dingtalk" ? make_dingtalk_channel(choices, from)
                    : type == "wecom"    ? make_wecom_channel(choices, from)
                                         : make_telegram_channel(choices, from);
    other_side.answers = {
        answer(200, R"({"code":0,"tenant_access_token":"t","expire":7200})")};
    send(to, message());
    const bool dedupes = type == "octo" || type == "lark" || type == "webhook";
    for (const auto& request : other_side.seen)
      CAF_CHECK_EQUAL(request.may_repeat, dedupes);
    CAF_CHECK_EQUAL(other_side.seen.size(), type == "lark" ? 2u : 1u);
  }
}

CAF_TEST(no error repeats a token or what a server wrote) {
  script other_side;
  const std::vector<http::client_response> answers{
      slack("xoxb-s3cret"),
      errcode(77),
      errcode(310000),
      errcode(93000),
      answer(401, "s3cret"),
      answer(500, "s3cret"),
      telegram(400, "Bad Request: s3cret"),
      telegram(403, "Forbidden: s3cret")};
  for (const auto& given : answers) {
    other_side.answers = {given};
    for (const auto& to :
         {make_slack_channel(options("slack"), other_side.sender()),
          make_dingtalk_channel(options("dingtalk"), other_side.sender()),
          make_wecom_channel(options("wecom"), other_side.sender()),
          make_telegram_channel(options("telegram"), other_side.sender())}) {
      const auto text = why(send(to, message()));
      CAF_CHECK(!text.empty());
      CAF_CHECK(text.find("s3cret") == std::string::npos);
    }
  }
}

CAF_TEST(every message stays within its chats limits) {
  script other_side;
  other_side.answers = {answer(500, "")};
  std::string huge = "⚠️ ";
  for (int i = 0; i < 25'000; ++i)
    huge += "<@&👍";
  auto what = message(huge);
  what.message.detail = huge;
  send(make_slack_channel(options("slack"), other_side.sender()), what);
  send(make_dingtalk_channel(options("dingtalk"), other_side.sender()), what);
  send(make_wecom_channel(options("wecom"), other_side.sender()), what);
  send(make_telegram_channel(options("telegram"), other_side.sender()), what);
  const auto blocks = other_side.body(0).at("blocks").as_array();
  const auto section = blocks.at(1).at("text").at("text").as_string();
  CAF_CHECK(units_with_joiners({section.c_str(), section.size()}) <= 3000u);
  const auto ding = other_side.body(1).at("actionCard").at("text").as_string();
  CAF_CHECK(units_with_joiners({ding.c_str(), ding.size()}) <= 5000u);
  const auto wecom =
      other_side.body(2).at("markdown").at("content").as_string();
  CAF_CHECK(wecom.size() <= 4096u);
  CAF_CHECK(wecom.size() > 3900u);
  const auto html = other_side.body(3).at("text").as_string();
  CAF_CHECK(html.size() > 4096u);
}

CAF_TEST(a detail mentions nobody and disguises nothing in any chat) {
  script other_side;
  const auto what = message(
      "⚠️ @all hi <!channel> <at user_id=\"all\"></at> <@U1> <@all> "
      "[safe](https://evil) <b>bold</b> <a href=\"https://evil\">x</a>\n"
      "```\ncode");
  struct row {
    std::shared_ptr<channel> to;
    http::client_response good;
    std::vector<std::string> never; ///< in the text as it is parsed there
  };
  const auto from = other_side.sender();
  const std::vector<row> rows{
      {make_octo_channel(options("octo"), from),
       answer(200, R"({"message_id":1})"),
       {"@all", " <at", " <!", "](h", "\n```", " <a", " <b>"}},
      {make_slack_channel(options("slack"), from),
       answer(200, R"({"ok":true,"ts":"1"})"),
       {"mrkdwn", "\"emoji\":true"}},
      {make_dingtalk_channel(options("dingtalk"), from),
       errcode(0),
       {"@all", "isAtAll\":true", " <at", "](h", "\n```", " <a"}},
      {make_wecom_channel(options("wecom"), from),
       errcode(0),
       {"@all", "<@", "<at", "<!", "safe](h", "\n```", "<a", "<b>"}},
      {make_telegram_channel(options("telegram"), from),
       answer(200, R"({"ok":true,"result":{"message_id":1}})"),
       {"@all", "<at", "<!", "<b>", "<a href=\"https://evil"}}};
  for (const auto& [to, good, never] : rows) {
    other_side.answers = {good};
    CAF_CHECK(std::holds_alternative<message_sent>(send(to, what)));
    auto body = other_side.seen.back().body;
    for (auto at = body.find("\\n"); at != std::string::npos;
         at = body.find("\\n"))
      body.replace(at, 2, "\n");
    for (const auto& text : never)
      if (body.find(text) != std::string::npos)
        CAF_ERROR("found " << text << " in " << body);
    CAF_CHECK(body.find("hi") != std::string::npos);
  }
  const auto slack_text =
      std::string{other_side.body(1).at("text").as_string()};
  CAF_CHECK(slack_text.find('<') == std::string::npos);
}

CAF_TEST(what chats allow is the default and what an operator says wins) {
  CAF_CHECK_EQUAL(limits_of(options("lark")).per_app_minute, 1000.0);
  CAF_CHECK_EQUAL(limits_of(options("wecom")).per_app_minute, 20.0);
  CAF_CHECK_EQUAL(limits_of(options("slack")).per_chat, 1.0);
  auto choices = options("slack");
  choices.rate_per_chat = 4;
  CAF_CHECK_EQUAL(limits_of(choices).per_chat, 4.0);
  CAF_CHECK_EQUAL(limits_of(options("octo")).per_chat, 5.0);
}
