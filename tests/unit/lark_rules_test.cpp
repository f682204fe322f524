// libs: telltale_relay
#define CAF_SUITE unit.lark_rules
#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/lark_card.hpp"
#include "actors/relay/channels/webhook.hpp"
#include "tests/support/channel_driver.hpp"
#include "text/base64.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using telltale::test::scripted_side;
using namespace std::chrono_literals;

namespace {

http::client_response answer(unsigned status, std::string body,
                             std::vector<http::header> headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

http::client_response refusal(std::int64_t code) {
  return answer(400, R"({"code":)" + std::to_string(code)
                         + R"(,"msg":"<at user_id=\"all\"> s3cret"})");
}

const http::client_response accepted =
    answer(200, R"({"code":0,"data":{"message_id":"om_1"}})");
const http::client_response token =
    answer(200, R"({"code":0,"tenant_access_token":"t-1","expire":7200})");
const http::client_response second_token =
    answer(200, R"({"code":0,"tenant_access_token":"t-2","expire":7200})");

config::relay_config options() {
  config::relay_config result;
  result.type = "lark";
  result.region = "feishu";
  result.base_url = "http://chat/";
  result.app_id = "cli_1";
  result.app_secret = config::secret{"app-s3cret"};
  result.token = config::secret{"bf_s3cret"};
  result.url = "http://hook/x?key=s3cret";
  return result;
}

outgoing_message message() {
  outgoing_message result;
  result.key.value.bytes[15] = 7;
  result.chat.chat_id = "oc_1";
  result.message.message = "⚠️ <at user_id=\"all\"> broke";
  result.message.copy = "⚠️ The copy.";
  result.message.title = "Title";
  result.envelope = R"({"type":"task:failed"})";
  return result;
}

const std::string key = "00000000-0000-0000-0000-000000000007";

struct fixture {
  scripted_side other_side;
  steady_time now{};
  std::unique_ptr<const dialect> as_lark = make_lark_dialect(options());
  std::shared_ptr<channel> lark =
      make_dialect_channel(make_lark_dialect(options()));
  std::shared_ptr<channel> octo =
      make_dialect_channel(make_octo_dialect(options()));
  std::shared_ptr<channel> hook =
      make_dialect_channel(make_webhook_dialect(options()));
  std::vector<send_outcome> results;

  send_outcome send(channel& to, outgoing_message what) {
    results.push_back(other_side.send(to, std::move(what), now));
    return results.back();
  }

  /// Sends by Lark with these answers, the first for the token.
  send_outcome play(std::deque<http_outcome> answers,
                    outgoing_message what = message()) {
    other_side.answers = std::move(answers);
    return send(*lark, std::move(what));
  }

  answer_meaning judge(const http::client_response& answer) const {
    return as_lark->judge(answer);
  }
};

message_sent sent(const send_outcome& r) {
  return std::get<message_sent>(r);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(lark_rules_tests, fixture)

CAF_TEST(each code of the table has its rule whatever the status is) {
  for (const auto& row : errors_of("lark")) {
    const auto code = std::stoll(std::string{row.code});
    for (const auto& given : {refusal(code), answer(200, refusal(code).body)}) {
      CAF_CHECK(judge(given).rule == row.rule);
      CAF_CHECK(judge(given).explanation.find(row.code) != std::string::npos);
      CAF_CHECK(judge(given).explanation.find(row.advice) != std::string::npos);
      CAF_CHECK(!judge(given).transport);
    }
  }
  CAF_CHECK(judge(refusal(230'987)).rule == answer_rule::permanent);
  const auto named =
      answer(400, R"({"code":230001,"msg":"invalid receive_id"})");
  CAF_CHECK(judge(named).rule == answer_rule::binding_broken);
}

CAF_TEST(an answer counts as success only with code zero and a message id) {
  CAF_CHECK(judge(accepted).rule == answer_rule::sent);
  CAF_CHECK_EQUAL(judge(accepted).message_id, "om_1");
  CAF_CHECK_EQUAL(judge(answer(200, "\xEF\xBB\xBF" + accepted.body)).message_id,
                  "om_1");
  for (const auto* body :
       {"", "{}", "[]", "nonsense", R"({"code":0})", R"({"code":"0"})",
        R"({"code":0,"data":{"message_id":""}})", R"({"code":0,"data":[]})"}) {
    CAF_CHECK(judge(answer(200, body)).rule == answer_rule::transient);
    CAF_CHECK(judge(answer(200, body)).transport);
  }
  for (const auto status : {301U, 400U, 403U, 404U, 407U, 502U}) {
    CAF_CHECK(judge(answer(status, "<html>")).rule == answer_rule::transient);
    CAF_CHECK(judge(answer(status, "<html>")).transport);
  }
}

CAF_TEST(a throttled answer says when to come back) {
  const auto reset = judge(
      answer(400, R"({"code":230020})", {{"x-ogw-ratelimit-reset", "7"}}));
  CAF_CHECK_EQUAL(reset.after.value_or(0ms).count(), 7000);
  const auto later = judge(answer(429, "", {{"Retry-After", "3"}}));
  CAF_CHECK(later.rule == answer_rule::throttled);
  CAF_CHECK_EQUAL(later.after.value_or(0ms).count(), 3000);
  const auto result = play({token, answer(429, "", {{"Retry-After", "3"}})});
  CAF_CHECK(std::get<try_again>(result).throttled);
}

CAF_TEST(a message goes to the chat as a card with the key and a token) {
  CAF_CHECK_EQUAL(sent(play({token, accepted})).message_id, "om_1");
  CAF_REQUIRE_EQUAL(other_side.seen.size(), 2u);
  const auto& request = other_side.seen[1];
  CAF_CHECK_EQUAL(request.url, "http://chat/open-apis/im/v1/messages"
                               "?receive_id_type=chat_id");
  CAF_CHECK_EQUAL(other_side.header(1, "Authorization"), "Bearer t-1");
  CAF_CHECK_EQUAL(other_side.text(1, "uuid"), key);
  CAF_CHECK_EQUAL(other_side.text(1, "receive_id"), "oc_1");
  CAF_CHECK_EQUAL(other_side.text(1, "msg_type"), "interactive");
  const auto card = other_side.text(1, "content");
  CAF_CHECK(card.find("<at") == std::string::npos);
  CAF_CHECK(card.find("\"red\"") != std::string::npos);
}

CAF_TEST(a token serves until a minute before its end) {
  play({token, accepted});
  now += 7139s;
  play({accepted});
  CAF_CHECK_EQUAL(other_side.seen.size(), 3u);
  now += 1s;
  play({second_token, accepted});
  CAF_CHECK_EQUAL(other_side.seen.size(), 5u);
  CAF_CHECK_EQUAL(other_side.header(4, "Authorization"), "Bearer t-2");
}

CAF_TEST(many messages wait for one request for a token) {
  std::vector<channel_work::request> asked;
  for (std::uint8_t i = 0; i < 5; ++i) {
    auto what = message();
    what.key.value.bytes[15] = i;
    for (auto& one : lark->send(std::move(what), now).requests)
      asked.push_back(std::move(one));
  }
  CAF_REQUIRE_EQUAL(asked.size(), 1u);
  const auto work = lark->answered(asked.front().number, token, now);
  CAF_CHECK_EQUAL(work.requests.size(), 5u);
  CAF_CHECK(work.finished.empty());
}

CAF_TEST(a refused token is fetched anew and the message sent again once) {
  CAF_CHECK_EQUAL(
      sent(play({token, refusal(99991663), second_token, accepted})).message_id,
      "om_1");
  CAF_CHECK_EQUAL(other_side.seen.size(), 4u);
  CAF_CHECK_EQUAL(other_side.text(3, "uuid"), key);
  now += 3h;
  const auto result =
      play({token, refusal(99991664), second_token, refusal(99991664)});
  CAF_MESSAGE("and if a fresh one is refused too, it is the credential");
  CAF_CHECK(std::holds_alternative<credential_refused>(result));
  CAF_CHECK_EQUAL(other_side.seen.size(), 8u);
}

CAF_TEST(without a token nothing is sent and the reason is kept) {
  for (const auto code : {10003, 10014, 424'242})
    CAF_CHECK(
        std::holds_alternative<credential_refused>(play({refusal(code)})));
  other_side.seen.clear();
  CAF_CHECK(std::get<try_again>(play({answer(503, "")})).transport);
  CAF_CHECK(std::get<try_again>(play({answer(403, "<html>")})).transport);
  const auto lost = std::get<try_again>(play({http::client_error{}}));
  CAF_CHECK(lost.transport);
  CAF_CHECK(!lost.may_be_sent);
  CAF_CHECK_EQUAL(other_side.seen.size(), 3u);
}

CAF_TEST(a reply goes into its thread and to the chat if that is gone) {
  for (const auto code : {230011, 230019, 230050, 230071, 230072, 230111}) {
    const auto first = other_side.seen.size();
    auto what = message();
    what.chat.reply_to = "om_9";
    what.chat.thread_id = "omt_1";
    std::deque<http_outcome> answers{refusal(code), accepted};
    if (first == 0)
      answers.push_front(token);
    CAF_CHECK_EQUAL(sent(play(std::move(answers), what)).message_id, "om_1");
    const auto reply = first == 0 ? 1 : first;
    CAF_CHECK_EQUAL(other_side.seen[reply].url,
                    "http://chat/open-apis/im/v1/messages/om_9/reply");
    CAF_CHECK(other_side.body(reply).at("reply_in_thread").as_bool());
    CAF_CHECK_EQUAL(other_side.text(reply + 1, "receive_id"), "oc_1");
    CAF_CHECK_EQUAL(other_side.text(reply + 1, "uuid"), key);
  }
  const auto result = play({refusal(230011)});
  CAF_CHECK(std::holds_alternative<given_up>(result));
}

CAF_TEST(refused content is sent again as the copy alone once) {
  for (const auto code : {230022, 230025, 230028}) {
    const auto first = other_side.seen.size();
    std::deque<http_outcome> answers{refusal(code), accepted};
    if (first == 0)
      answers.push_front(token);
    CAF_CHECK_EQUAL(sent(play(std::move(answers))).message_id, "om_1");
    const auto content = other_side.text(other_side.seen.size() - 1, "content");
    CAF_CHECK(content.find("The copy.") != std::string::npos);
    CAF_CHECK(content.find("broke") == std::string::npos);
    CAF_CHECK(content.find("Title") == std::string::npos);
  }
  const auto result = play({refusal(230022), refusal(230022)});
  CAF_CHECK(std::holds_alternative<given_up>(result));
}

CAF_TEST(a broken binding is told as one) {
  play({token, accepted});
  for (const auto code : {230002, 230013, 232009}) {
    const auto result = play({refusal(code)});
    CAF_CHECK(std::get<given_up>(result).binding_broken);
  }
  CAF_CHECK(!std::get<given_up>(play({refusal(230987)})).binding_broken);
  CAF_CHECK(!std::get<try_again>(play({refusal(230049)})).throttled);
}

CAF_TEST(a card that is refused is sent as plain text once) {
  CAF_CHECK_EQUAL(sent(play({token, refusal(230099), accepted})).message_id,
                  "om_1");
  CAF_CHECK_EQUAL(other_side.text(1, "msg_type"), "interactive");
  CAF_CHECK_EQUAL(other_side.text(2, "msg_type"), "text");
  CAF_CHECK(std::holds_alternative<given_up>(play({refusal(230099)})));
}

CAF_TEST(no error repeats a credential or what the server wrote) {
  play({token, accepted});
  for (const auto code : {230020, 230002, 230001, 230049, 230022, 99991663})
    play({refusal(code)});
  for (const auto& to : {octo, hook})
    for (const auto status : {400U, 401U, 403U, 410U, 429U, 500U}) {
      other_side.answers = {answer(status, R"({"msg":"s3cret <at"})")};
      send(*to, message());
    }
  std::size_t errors = 0;
  for (const auto& result : results) {
    const auto text = test::explanation_of(result);
    errors += text.empty() ? 0U : 1U;
    CAF_CHECK(text.find("s3cret") == std::string::npos);
    CAF_CHECK(text.find("<at") == std::string::npos);
    CAF_CHECK(text.find("t-1") == std::string::npos);
  }
  CAF_CHECK(errors >= 18u);
}

CAF_TEST(a card stays within its limit and remains valid) {
  rendered long_one = message().message;
  for (int i = 0; i < 40'000; ++i)
    long_one.message += "<错";
  const auto card = lark_message(long_one, true);
  CAF_CHECK(card.json.size() <= lark_card_bytes);
  CAF_CHECK(boost::json::parse(card.json).is_object());
  const auto text = lark_message(long_one, false);
  CAF_CHECK_EQUAL(text.type, "text");
  CAF_CHECK(text.json.size() <= lark_text_bytes);
}

CAF_TEST(octo gets the chat the key and the text and keeps big ids as text) {
  auto what = message();
  what.chat.channel_type = 5;
  what.chat.reply_to = "77";
  const std::vector<std::pair<std::string, std::string>> ids{
      {"9007199254740993", "9007199254740993"},
      {"18446744073709551617", "18446744073709551617"},
      {"\"text\"", "text"},
      {"null", ""}};
  for (const auto& [given, kept] : ids) {
    other_side.answers = {answer(200, "{\"message_id\": " + given + "}")};
    CAF_CHECK_EQUAL(sent(send(*octo, what)).message_id, kept);
  }
  const auto body = other_side.body(0);
  CAF_CHECK_EQUAL(other_side.seen[0].url, "http://chat/v1/bot/sendMessage");
  CAF_CHECK_EQUAL(other_side.header(0, "Authorization"), "Bearer bf_s3cret");
  CAF_CHECK_EQUAL(other_side.text(0, "client_msg_no"), key);
  CAF_CHECK_EQUAL(body.at("channel_type").as_int64(), 5);
  const auto& payload = body.at("payload").as_object();
  CAF_CHECK_EQUAL(payload.at("type").as_int64(), 1);
  CAF_CHECK(payload.at("reply").as_object().at("message_id") == "77");
}

CAF_TEST(octo says no by its status and only in its own words) {
  for (const auto& row : errors_of("octo")) {
    const auto status =
        static_cast<unsigned>(std::stoul(std::string{row.code}));
    other_side.answers = {answer(status, R"({"msg":"no"})")};
    const auto own = send(*octo, message());
    CAF_CHECK_EQUAL(std::holds_alternative<credential_refused>(own),
                    row.rule == answer_rule::credential_refused);
    CAF_CHECK_EQUAL(std::holds_alternative<given_up>(own),
                    row.rule == answer_rule::binding_broken
                        || row.rule == answer_rule::permanent);
    CAF_CHECK(test::explanation_of(own).find(row.advice) != std::string::npos);
    for (const auto* body : {"", "<html>", "[]", "null", "{}", "oops"}) {
      other_side.answers = {answer(status, body)};
      CAF_CHECK(std::holds_alternative<try_again>(send(*octo, message())));
    }
  }
}

CAF_TEST(a webhook is signed with every secret by the published scheme) {
  // The example of the Standard Webhooks libraries.
  const std::vector<config::secret> secrets{
      config::secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
  const auto signature =
      webhook_signature(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                        R"({"test": 2432232314})");
  CAF_CHECK_EQUAL(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  const auto both =
      webhook_signature({secrets[0], config::secret{"plain"}}, "a", "1", "{}");
  CAF_CHECK_EQUAL(std::count(both.begin(), both.end(), ' '), 1);
}

CAF_TEST(a hook says gone by 410 alone and all else is tried again) {
  other_side.answers = {answer(204, "")};
  CAF_CHECK(std::holds_alternative<message_sent>(send(*hook, message())));
  CAF_CHECK_EQUAL(other_side.seen[0].body, message().envelope);
  CAF_CHECK_EQUAL(other_side.header(0, "webhook-id"), key);
  other_side.answers = {answer(410, "")};
  CAF_CHECK(std::get<given_up>(send(*hook, message())).target_gone);
  for (const auto status : {301U, 302U, 400U, 401U, 403U, 404U, 413U, 418U,
                            422U, 429U, 500U, 503U}) {
    other_side.answers = {answer(status, "whatever")};
    CAF_CHECK(std::holds_alternative<try_again>(send(*hook, message())));
  }
  for (const auto status : {404U, 503U}) {
    other_side.answers = {answer(status, "", {{"retry-after", "2"}})};
    const auto later = std::get<try_again>(send(*hook, message()));
    CAF_CHECK(later.throttled);
    CAF_CHECK_EQUAL(later.after.value_or(0ms).count(), 2000);
  }
  other_side.answers = {http::client_error{
      http::client_error::kind::refused_address, "refused", false}};
  CAF_CHECK(std::holds_alternative<given_up>(send(*hook, message())));
}

CAF_TEST(a secret without its prefix is base64 all the same) {
  const std::string bytes(24, 'k');
  const auto plain = text::encode_base64(bytes);
  CAF_CHECK_EQUAL(
      webhook_signature({config::secret{plain}}, "id", "1", "{}"),
      webhook_signature({config::secret{"whsec_" + plain}}, "id", "1", "{}"));
}

CAF_TEST(a date in retry after is a wait from now) {
  const auto moment = parse_rfc3339("1994-11-06T08:49:30Z").value();
  const auto wait = retry_after(
      answer(503, "", {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}),
      moment);
  CAF_CHECK_EQUAL(wait.value_or(0ms).count(), 7000);
  CAF_CHECK(!retry_after(answer(503, "", {{"Retry-After", "soon"}}), moment));
  CAF_CHECK(!retry_after(answer(503, ""), moment));
}

CAF_TEST_FIXTURE_SCOPE_END()
