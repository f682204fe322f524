// libs: telltale_relay
#define CAF_SUITE unit.chats
#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/hmac.hpp"
#include "tests/support/channel_driver.hpp"
#include "text/utf8.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using telltale::test::scripted_side;
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

config::relay_config options(const std::string& type) {
  config::relay_config result;
  result.type = type;
  result.token = config::secret{"12:s3cret"};
  return result;
}

outgoing_message message(const std::string& words = "⚠️ it broke") {
  outgoing_message result;
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

std::shared_ptr<channel> open(const std::string& type) {
  auto choices = options(type);
  choices.base_url = "https://chat.test";
  choices.url = "https://hook.test/a";
  choices.app_id = "cli_1";
  choices.app_secret = config::secret{"s3cret"};
  return make_channel("chat", choices);
}

const std::vector<std::string> types{
    "octo",    "lark",     "lark-bot", "slack",    "slack-webhook",
    "discord", "dingtalk", "wecom",    "telegram", "webhook"};

answer_meaning judge_slack(const http::client_response& given) {
  return make_slack_dialect(options("slack"))->judge(given);
}

answer_meaning judge_dingtalk(const http::client_response& given) {
  return make_dingtalk_dialect(options("dingtalk"))->judge(given);
}

answer_meaning judge_wecom(const http::client_response& given) {
  return make_wecom_dialect(options("wecom"))->judge(given);
}

answer_meaning judge_telegram(const http::client_response& given) {
  return make_telegram_dialect(options("telegram"))->judge(given);
}

/// How an answer with this error looks there.
http::client_response error_of(std::string_view type, std::string_view code) {
  const std::string text{code};
  if (type == "lark-bot")
    return answer(200, "{\"code\":" + text + R"(,"msg":"s3cret"})");
  if (type == "discord")
    return answer(code == "429" ? 429 : 400,
                  R"({"message":"s3cret",)"
                      + (code == "429" ? R"("retry_after":1})"
                                       : "\"code\":" + text + "}"));
  if (type == "slack-webhook")
    return answer(403, text);
  if (type == "slack")
    return slack(text);
  if (type == "dingtalk" || type == "wecom")
    return errcode(std::stoll(text));
  const bool is_number =
      text.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? telegram(static_cast<unsigned>(std::stoul(text)), "Other")
                   : telegram(400, "Bad Request: " + text + " here");
}

} // namespace

CAF_TEST(each row of each table is obeyed and told with its advice) {
  for (const std::string type : {"slack", "dingtalk", "wecom", "telegram",
                                 "lark-bot", "slack-webhook", "discord"})
    for (const auto& row : errors_of(type)) {
      const auto given = error_of(type, row.code);
      const auto meaning =
          type == "slack"      ? judge_slack(given)
          : type == "dingtalk" ? judge_dingtalk(given)
          : type == "wecom"    ? judge_wecom(given)
          : type == "telegram" ? judge_telegram(given)
          : type == "lark-bot"
              ? make_lark_bot_dialect(options(type))->judge(given)
          : type == "discord"
              ? make_discord_dialect(options(type))->judge(given)
              : make_slack_webhook_dialect(options(type))->judge(given);
      // Without the new id there is nowhere to follow a chat to.
      const auto wanted = row.rule == answer_rule::move_chat
                              ? answer_rule::binding_broken
                              : row.rule;
      CAF_MESSAGE(type << " " << row.code);
      CAF_CHECK(meaning.rule == wanted);
      CAF_CHECK(meaning.explanation.find(row.meaning) != std::string::npos);
      CAF_CHECK(meaning.explanation.find(row.advice) != std::string::npos);
      CAF_CHECK(meaning.explanation.size() <= 300u);
      CAF_CHECK(!meaning.transport);
    }
}

CAF_TEST(whoever must act is told what to do and where it is documented) {
  for (const auto& table : error_tables())
    for (const auto& row : table.rows) {
      const bool passes = row.rule == answer_rule::throttled
                          || row.rule == answer_rule::transient
                          || row.rule == answer_rule::leave_thread
                          || row.rule == answer_rule::leave_detail
                          || row.rule == answer_rule::leave_card;
      if (!passes && row.advice.empty())
        CAF_ERROR(table.type << " " << row.code << " has no advice");
      CAF_CHECK(!row.meaning.empty());
      CAF_CHECK(!row.source.empty());
      CAF_CHECK_EQUAL(find_error(table.type, row.code), &row); // each once
    }
}

CAF_TEST(what a chat did not say itself kills no message) {
  const std::string gzip_head = "\x1f\x8b\x08";
  for (const auto& type : types)
    for (const auto status :
         {200U, 204U, 301U, 302U, 400U, 401U, 403U, 404U, 407U, 413U, 502U})
      for (const auto& body :
           {std::string{}, std::string{"<html>"}, std::string{"[]"},
            std::string{"null"}, std::string{"{"}, std::string{"{}"},
            std::string{"\"ok\""}, gzip_head,
            std::string{R"({"ok":"true","errcode":"0"})"}}) {
        if (type == "webhook")
          continue; // its words are its status
        scripted_side other_side;
        other_side.answers = {answer(status, body)};
        const auto outcome = other_side.send(*open(type), message());
        CAF_REQUIRE(std::holds_alternative<try_again>(outcome));
        const auto& later = std::get<try_again>(outcome);
        CAF_CHECK(later.transport);
        CAF_CHECK(!later.explanation.empty());
      }
}

CAF_TEST(only what is 429 or names a time is a throttle when it is no answer) {
  for (const auto& type : types) {
    scripted_side other_side;
    other_side.answers = {answer(429, "<html>", {{"Retry-After", "7"}})};
    auto later = std::get<try_again>(other_side.send(*open(type), message()));
    CAF_CHECK(later.throttled);
    CAF_CHECK(later.after == 7000ms);
    other_side.answers = {answer(503, "", {{"Retry-After", "7"}})};
    later = std::get<try_again>(other_side.send(*open(type), message()));
    CAF_CHECK(later.throttled);
    CAF_CHECK(!later.transport);
  }
}

CAF_TEST(a success that says nothing is doubtful where no key counts) {
  for (const auto& type : types) {
    if (type == "webhook")
      continue;
    scripted_side other_side;
    const bool dedupes = open(type)->dedupes();
    other_side.answers = {answer(200, "")};
    if (type == "lark")
      other_side.answers.push_front(
          answer(200, R"({"code":0,"tenant_access_token":"t","expire":7200})"));
    CAF_CHECK_EQUAL(
        std::get<try_again>(other_side.send(*open(type), message())).unreadable,
        !dedupes);
    other_side.answers = {answer(200, "<html>portal</html>")};
    CAF_CHECK(!std::get<try_again>(other_side.send(*open(type), message()))
                   .unreadable);
  }
}

CAF_TEST(an error that is in no table is named by its code or a short word) {
  const auto named = judge_slack(slack("brand_new_error"));
  CAF_CHECK(named.rule == answer_rule::permanent);
  CAF_CHECK(named.explanation.find("brand_new_error") != std::string::npos);
  for (const auto* word : {"xoxb-s3cret", "Sentence here", "UPPER", "a1"})
    CAF_CHECK(judge_slack(slack(word)).explanation.find(word)
              == std::string::npos);
  CAF_CHECK(judge_wecom(errcode(77)).explanation.find("77")
            != std::string::npos);
  CAF_CHECK(judge_dingtalk(errcode(99)).rule == answer_rule::permanent);
  CAF_CHECK(
      judge_telegram(telegram(400, "Bad Request: message text is empty")).rule
      == answer_rule::permanent);
}

CAF_TEST(an answer is read behind a byte order mark) {
  const std::string mark = "\xEF\xBB\xBF";
  const auto good =
      judge_slack(answer(200, mark + R"({"ok":true,"ts":"1.5"})"));
  CAF_CHECK(good.rule == answer_rule::sent);
  CAF_CHECK_EQUAL(good.message_id, "1.5");
}

CAF_TEST(throttles say when to come back) {
  const auto slow = judge_slack(answer(
      429, R"({"ok":false,"error":"ratelimited"})", {{"Retry-After", "7"}}));
  CAF_CHECK(slow.rule == answer_rule::throttled);
  CAF_CHECK(slow.after == 7000ms);
  CAF_CHECK(judge_dingtalk(errcode(130101)).after == 60'000ms);
  CAF_CHECK(judge_wecom(errcode(45009)).after == 60'000ms);
  const auto wait = judge_telegram(telegram(
      429, "Too Many Requests: retry after 5", R"({"retry_after":5})"));
  CAF_CHECK(wait.rule == answer_rule::throttled);
  CAF_CHECK(wait.after == 5000ms);
  CAF_CHECK(judge_telegram(telegram(500, "Internal Server Error")).rule
            == answer_rule::transient);
  const auto moved =
      judge_telegram(telegram(400, "Bad Request: group chat was upgraded",
                              R"({"migrate_to_chat_id":-1001234567890123})"));
  CAF_CHECK(moved.rule == answer_rule::move_chat);
  CAF_CHECK_EQUAL(moved.moved_to, "-1001234567890123");
  const auto good =
      judge_telegram(answer(200, R"({"ok":true,"result":{"message_id":9}})"));
  CAF_CHECK_EQUAL(good.message_id, "9");
}

CAF_TEST(what can be mended by sending again is sent again once) {
  scripted_side other_side;
  const auto to = open("slack");
  auto what = message();
  what.chat.thread_id = "1.0";
  other_side.answers = {slack("cannot_reply_to_message"), slack("msg_too_long"),
                        answer(200, R"({"ok":true,"ts":"2.0"})")};
  CAF_CHECK(other_side.send(*to, what) == send_outcome{message_sent{"2.0"}});
  CAF_REQUIRE_EQUAL(other_side.seen.size(), 3u);
  CAF_CHECK(other_side.body(0).at("thread_ts") == "1.0");
  CAF_CHECK(!other_side.body(1).contains("thread_ts"));
  CAF_CHECK(other_side.seen[1].body.find("it broke") != std::string::npos);
  CAF_CHECK(other_side.seen[2].body.find("it broke") == std::string::npos);
  CAF_CHECK(other_side.seen[2].body.find("The copy.") != std::string::npos);
  other_side.answers = {slack("msg_too_long")};
  CAF_CHECK(std::holds_alternative<given_up>(other_side.send(*to, message())));
  CAF_CHECK_EQUAL(other_side.seen.size(), 5u);
}

CAF_TEST(a group that became a supergroup is followed and remembered) {
  scripted_side other_side;
  const auto to = open("telegram");
  const auto moved = telegram(400, "Bad Request: group chat was upgraded",
                              R"({"migrate_to_chat_id":-100})");
  const auto good = answer(200, R"({"ok":true,"result":{"message_id":9}})");
  other_side.answers = {moved, good, good, moved};
  CAF_CHECK(other_side.send(*to, message()) == send_outcome{message_sent{"9"}});
  CAF_CHECK(other_side.send(*to, message()) == send_outcome{message_sent{"9"}});
  CAF_CHECK_EQUAL(other_side.seen.size(), 3u);
  CAF_CHECK(other_side.body(2).at("chat_id") == "-100");
  CAF_CHECK(std::get<given_up>(other_side.send(*to, message())).binding_broken);
}

CAF_TEST(a robot of dingtalk is signed as its documents say) {
  // The documents' own scheme: key over "timestamp LF key", Base64 in a query.
  CAF_CHECK_EQUAL(hmac_sha256_base64("key", "The quick brown fox jumps over "
                                            "the lazy dog"),
                  "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=");
  scripted_side other_side;
  auto choices = options("dingtalk");
  choices.sign_secret = config::secret{"SECabc"};
  const auto to = make_dialect_channel(make_dingtalk_dialect(
      choices, [] { return parse_rfc3339("2020-01-01T00:00:00Z").value(); }));
  other_side.answers = {errcode(0)};
  CAF_CHECK(other_side.send(*to, message()) == send_outcome{message_sent{""}});
  const auto& url = other_side.seen[0].url;
  CAF_CHECK(url.find("&timestamp=1577836800000&sign=") != std::string::npos);
  CAF_CHECK(url.find('+') == std::string::npos);
  CAF_CHECK(url.find("SECabc") == std::string::npos);
  const auto card = other_side.body(0).at("actionCard").as_object();
  CAF_CHECK(card.at("singleURL") == "https://h/runs/1?a=1&b=2");
}

CAF_TEST(only what a chat dedupes may be repeated unseen) {
  for (const auto& type : types) {
    scripted_side other_side;
    const auto to = open(type);
    other_side.answers = {
        answer(200, R"({"code":0,"tenant_access_token":"t","expire":7200})")};
    other_side.send(*to, message());
    const bool dedupes = type == "octo" || type == "lark" || type == "webhook";
    CAF_CHECK_EQUAL(to->dedupes(), dedupes);
    for (const auto& request : other_side.seen)
      CAF_CHECK_EQUAL(request.may_repeat, dedupes);
    CAF_CHECK_EQUAL(other_side.seen.size(), type == "lark" ? 2u : 1u);
  }
}

CAF_TEST(no error repeats a token or what a server wrote) {
  scripted_side other_side;
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
    for (const auto* type : {"slack", "dingtalk", "wecom", "telegram"}) {
      const auto text =
          test::explanation_of(other_side.send(*open(type), message()));
      CAF_CHECK(!text.empty());
      CAF_CHECK(text.find("s3cret") == std::string::npos);
    }
  }
}

CAF_TEST(every message stays within its chats limits) {
  scripted_side other_side;
  other_side.answers = {answer(500, "")};
  std::string huge = "⚠️ ";
  for (int i = 0; i < 25'000; ++i)
    huge += "<@&👍";
  auto what = message(huge);
  what.message.detail = huge;
  other_side.send(*open("slack"), what);
  other_side.send(*open("dingtalk"), what);
  other_side.send(*open("wecom"), what);
  other_side.send(*open("telegram"), what);
  const auto blocks = other_side.body(0).at("blocks").as_array();
  const auto section = blocks.at(1).at("text").at("text").as_string();
  CAF_CHECK(text::utf16_units({section.c_str(), section.size()}) <= 3000u);
  const auto ding = other_side.body(1).at("actionCard").at("text").as_string();
  CAF_CHECK(text::utf16_units({ding.c_str(), ding.size()}) <= 5000u);
  const auto wecom =
      other_side.body(2).at("markdown_v2").at("content").as_string();
  CAF_CHECK(wecom.size() <= 4096u);
  CAF_CHECK(wecom.size() > 3900u);
  const auto html = other_side.body(3).at("text").as_string();
  CAF_CHECK(html.size() > 4096u);
}

CAF_TEST(a detail mentions nobody and disguises nothing in any chat) {
  scripted_side other_side;
  const auto what = message(
      "⚠️ @all hi <!channel> <at user_id=\"all\"></at> <@U1> <@all> "
      "[safe](https://evil) <b>bold</b> <a href=\"https://evil\">x</a>\n"
      "```\ncode");
  struct row {
    std::shared_ptr<channel> to;
    http::client_response good;
    std::vector<std::string> never; ///< in the text as it is parsed there
  };
  const std::vector<row> rows{
      {open("octo"),
       answer(200, R"({"message_id":1})"),
       {"@all", " <at", " <!", "](h", "\n```", " <a", " <b>"}},
      {open("slack"),
       answer(200, R"({"ok":true,"ts":"1"})"),
       {"\"mrkdwn\",\"text\":\"⚠️", "\"emoji\":true"}},
      {open("dingtalk"),
       errcode(0),
       {"@all", "isAtAll\":true", " <at", "](h", "\n```", " <a"}},
      {open("wecom"),
       errcode(0),
       {"@all", "<@", "<at", "<!", "safe](h", "\n```", "<a", "<b>"}},
      {open("telegram"),
       answer(200, R"({"ok":true,"result":{"message_id":1}})"),
       {"@all", "<at", "<!", "<b>", "<a href=\"https://evil"}}};
  for (const auto& [to, good, never] : rows) {
    other_side.answers = {good};
    CAF_CHECK(std::holds_alternative<message_sent>(other_side.send(*to, what)));
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
