// libs: telltale_relay telltale_command_sink telltale_failed_task_payload
#define CAF_SUITE integration.sink_rules

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "commands/sink/sink_sign.hpp"
#include "commands/sink/sink_wire.hpp"
#include "tests/support/chat_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace telltale::test;
using namespace std::chrono_literals;

// The same cases for every chat, against the local stand-in over real sockets.

CAF_TEST_FIXTURE_SCOPE(sink_rules_tests, chat_world)

CAF_TEST(a webhook that is signed by no known secret is refused) {
  commands::sink_options choosy;
  choosy.secrets = {"whsec_b2xk", "whsec_c2VjcmV0"};
  restart(choosy);
  CAF_CHECK(is_sent(send(*open("webhook"), plain())));
  choosy.secrets = {"whsec_b2xk"};
  restart(choosy);
  CAF_MESSAGE("until its secret is mended, for days");
  CAF_CHECK(std::holds_alternative<try_again>(send(*open("webhook"), plain())));
}

CAF_TEST(a robot of dingtalk that is signed wrong or late is refused) {
  commands::sink_options choosy;
  choosy.secrets = {"SECother", "SECs3cret", "whsec_c2VjcmV0"};
  restart(choosy);
  CAF_CHECK(is_sent(send(*open("dingtalk"), plain())));
  choosy.secrets = {"SECother"};
  restart(choosy);
  const auto wrong = send(*open("dingtalk"), plain());
  CAF_REQUIRE(std::holds_alternative<credential_refused>(wrong));
  CAF_CHECK(has(explanation_of(wrong), "310000"));
  CAF_CHECK(has(explanation_of(wrong), "sign_secret"));
  CAF_MESSAGE("secrets of robots are not those of webhooks");
  CAF_CHECK(is_sent(send(*open("webhook"), plain())));
  const auto ask = [&](const std::string& query) {
    http::client_request request;
    request.method = "POST";
    request.url = base() + "/robot/send?access_token=t" + query;
    request.body = R"({"msgtype":"markdown",)"
                   R"("markdown":{"title":"t","text":"words"}})";
    return std::get<http::client_response>(client->call(request)).body;
  };
  const auto at = [&](std::chrono::minutes ago) {
    const auto when =
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                           now_utc().time_since_epoch() - ago)
                           .count());
    auto sign = commands::signature_of("SECother", when + "\nSECother");
    std::string in_query;
    for (const char c : sign)
      in_query += c == '+' ? "%2B" : c == '/' ? "%2F" : std::string{c};
    return "&timestamp=" + when + "&sign=" + in_query;
  };
  CAF_CHECK(has(ask(at(59min)), "\"errcode\":0"));
  CAF_CHECK(has(ask(at(61min)), "签名过期"));
  CAF_CHECK(has(ask(at(-61min)), "签名过期"));
  CAF_CHECK(has(ask(""), "签名不匹配"));
  CAF_CHECK(has(ask("&timestamp=now&sign=x"), "签名不匹配"));
  restart({});
  CAF_MESSAGE("whose secret nobody knows is looked at all the same");
  CAF_CHECK(has(ask(""), "\"errcode\":0"));
  CAF_CHECK(has(ask(at(1min)), "\"errcode\":0"));
  CAF_CHECK(has(ask(at(1min) + "A"), "签名不匹配"));
  CAF_CHECK(has(ask(at(61min)), "签名过期"));
}

CAF_TEST(the page shows cards escaped and loads nothing) {
  auto what = plain();
  what.message = "⚠️ <script>alert(1)</script>";
  what.title = "\"><img src=x onerror=alert(1)>";
  for (const auto& chat : kinds())
    send(*open(chat.type), what);
  http::client_request request;
  request.url = base() + "/";
  const auto page = std::get<http::client_response>(client->call(request));
  CAF_CHECK(!has(page.body, "<script"));
  CAF_CHECK(!has(page.body, "<img"));
  CAF_CHECK(has(page.body, "<article class=\"red\">"));
  CAF_CHECK(page.find("content-security-policy")
                .value_or("")
                .starts_with("default-src 'none'"));
}

CAF_TEST_FIXTURE_SCOPE_END()
