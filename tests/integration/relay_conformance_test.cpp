// libs: telltale_relay telltale_command_sink telltale_failed_task_payload
#define CAF_SUITE integration.relay_conformance

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "commands/sink/sink_wire.hpp"
#include "tests/support/chat_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace telltale::test;
using namespace std::chrono_literals;

// The same cases for every chat, against the local stand-in over real sockets.

CAF_TEST_FIXTURE_SCOPE(relay_conformance_tests, chat_world)

CAF_TEST(a message arrives and has the id that its chat gave) {
  for (const auto& chat : kinds()) {
    const auto to = open(chat.type);
    const auto result = send(*to, plain());
    CAF_REQUIRE(is_sent(result));
    CAF_CHECK_EQUAL(std::get<message_sent>(result).message_id.empty(),
                    !chat.has_ids);
    CAF_CHECK_EQUAL(sink->chat().messages().back().relay, chat.type);
    if (chat.type == "webhook")
      continue;
    for (const auto* part : {"it broke", "Fix it", "https://h/runs/1"})
      CAF_CHECK(has(seen(), part));
  }
}

CAF_TEST(what is throttled waits as long as the chat says) {
  commands::sink_options strict;
  strict.throttle = 1;
  restart(strict);
  for (const auto& chat : kinds()) {
    const auto to = open(chat.type);
    CAF_CHECK(is_sent(send(*to, plain())));
    const auto second = send(*to, plain());
    CAF_REQUIRE(std::holds_alternative<try_again>(second));
    const auto& later = std::get<try_again>(second);
    CAF_CHECK(later.throttled);
    CAF_CHECK(!later.transport);
    // Robots name no time: theirs is a minute.
    const bool robot = chat.type == "wecom" || chat.type == "dingtalk"
                       || chat.type == "lark-bot";
    const auto wanted = robot ? 60'000ms : 1'000ms;
    CAF_CHECK_EQUAL(later.after.value_or(0ms).count(), wanted.count());
  }
}

CAF_TEST(a broken server is tried again) {
  for (const auto& chat : kinds())
    for (const auto* status : {"500", "502", "503"}) {
      fault(std::string{"\"body\":\"oops\",\"status\":"} + status);
      const auto result = send(*open(chat.type), plain());
      CAF_REQUIRE(std::holds_alternative<try_again>(result));
      CAF_CHECK(!std::get<try_again>(result).throttled);
    }
}

CAF_TEST(no answer or half of one or a cut line is tried again) {
  for (const auto& chat : kinds())
    for (const auto* end : {"\"hang\":true", "\"half\":true", "\"cut\":true"}) {
      const auto to = open(chat.type);
      fault(end);
      const auto result = send(*to, plain());
      CAF_REQUIRE(std::holds_alternative<try_again>(result));
      CAF_CHECK(std::get<try_again>(result).transport);
      CAF_CHECK(is_sent(send(*to, plain())));
    }
}

CAF_TEST(what a proxy or an ingress says kills no message) {
  for (const auto& chat : kinds()) {
    const auto to = open(chat.type);
    for (const auto* body : {"<html>", "[]", "{}", "null", " "})
      for (const auto* status :
           {"200", "301", "302", "403", "404", "407", "413"}) {
        // A hook's words are its status.
        if (chat.type == "webhook" && status == std::string_view{"200"})
          continue;
        fault(std::string{R"("body":")"} + body + R"(","status":)" + status);
        CAF_CHECK(std::holds_alternative<try_again>(send(*to, plain())));
      }
  }
}

CAF_TEST(a compressed answer is read though nobody asked for one) {
  for (const auto& chat : kinds()) {
    const auto to = open(chat.type);
    fault(R"("gzip":true)");
    const auto result = send(*to, plain());
    CAF_CHECK(is_sent(result));
  }
}

CAF_TEST(a lost answer costs no second message where keys count) {
  for (const auto& chat : kinds()) {
    const auto to = open(chat.type);
    const auto before = count();
    fault(R"("stored":true,"cut":true)");
    const auto what = message(plain(), ++last_key);
    CAF_CHECK(std::holds_alternative<try_again>(send(*to, what)));
    CAF_CHECK(is_sent(send(*to, what)));
    CAF_CHECK_EQUAL(count() - before, chat.dedupes ? 1u : 2u);
  }
}

CAF_TEST(refused content is replaced by the copy of its reason) {
  for (const auto& chat : kinds()) {
    if (chat.refused.empty())
      continue;
    const auto to = open(chat.type);
    fault(chat.refused);
    CAF_CHECK(is_sent(send(*to, plain())));
    CAF_CHECK(has(seen(), "The connection to the model provider failed."));
    CAF_CHECK(!has(seen(), "it broke"));
    CAF_CHECK(!has(seen(), "Fix it"));
  }
}

CAF_TEST(a broken binding is told as one and bad credentials kill nothing) {
  for (const auto& chat : kinds()) {
    const auto to = open(chat.type);
    if (!chat.broken.empty()) {
      fault(chat.broken);
      const auto result = send(*to, plain());
      CAF_REQUIRE(std::holds_alternative<given_up>(result));
      CAF_CHECK(std::get<given_up>(result).binding_broken);
    }
    if (chat.bad_credentials.empty())
      continue;
    fault(chat.bad_credentials);
    const auto result = send(*to, plain());
    CAF_REQUIRE(std::holds_alternative<credential_refused>(result));
    CAF_CHECK(!has(explanation_of(result), "s3cret"));
  }
}

CAF_TEST(a chat that cannot be reached is named without its secrets) {
  for (const auto& chat : kinds()) {
    const auto to = open(chat.type);
    fault("\"hang\":true");
    const auto text = explanation_of(send(*to, plain()));
    CAF_CHECK(!text.empty());
    CAF_CHECK(!has(text, "s3cret"));
    CAF_CHECK(!has(text, "access_token"));
  }
}

CAF_TEST(a detail without end arrives within what the chat takes) {
  std::string huge;
  while (huge.size() < 100'000)
    huge += "broke <b>& again 🏳️‍🌈 ";
  auto what = plain();
  what.message = "⚠️ " + huge;
  for (const auto& chat : kinds()) {
    CAF_CHECK(is_sent(send(*open(chat.type), what)));
    if (chat.type != "webhook")
      CAF_CHECK(has(seen(), "broke"));
  }
}

namespace {

/// What runners write, and what markup makes of it where it is not code.
const std::vector<std::string> details{
    "__init__.py",
    "src/**/*.ts",
    "C:\\_work\\.cache",
    "&lt;div&gt; &amp;",
    "<b>bold</b> <at user_id=\"all\"></at> <@U1> <!channel> <@all>",
    "/restart main.py README.md @all @channel #general",
    "[safe](https://evil.example) ![x](https://evil.example/i.png)",
    "```\ncode\n```\n# SHOUT\n\nTitle\n=====\n- [ ] x\n| a | b |",
    "````````\n``` `` `",
    "~~~\n$(x) `x` *x* _x_ ~x~ ||x||",
    "    indented\n\ttab\n> quote",
    "错误：超时 🏳️‍🌈 e\u0301 فشل",
    "line\n\n\nline"};

} // namespace

CAF_TEST(what a runner wrote is shown as code and not changed) {
  for (const auto& detail : details) {
    auto what = plain();
    what.detail = detail;
    for (const auto& chat : kinds()) {
      if (chat.type == "webhook")
        continue;
      CAF_REQUIRE(is_sent(send(*open(chat.type), what)));
      const auto card = sink->chat().messages().back().card;
      CAF_MESSAGE(chat.type << ": " << card.body);
      CAF_CHECK_EQUAL(card.code, detail);
      CAF_CHECK(card.found.empty());
    }
  }
}

CAF_TEST(however long a detail is the run and its link are named) {
  auto what = plain();
  what.detail.assign(200'000, 'x');
  for (const auto& chat : kinds()) {
    if (chat.type == "webhook")
      continue;
    CAF_REQUIRE(is_sent(send(*open(chat.type), what)));
    CAF_CHECK(has(seen(), "Fix it"));
    CAF_CHECK(has(seen(), "https://h/runs/1"));
    CAF_CHECK(has(seen(), "Attempt 1 of 2"));
    CAF_CHECK(has(seen(), "The connection to the model provider failed."));
  }
}

CAF_TEST(what a person sees pings nobody and hides or shouts nothing) {
  const auto hostile = words(boost::json::serialize(boost::json::object{
      {"error",
       "it broke @all @channel hi <!channel> <at user_id=\"all\"></at> "
       "<@U1> <@all>\n# SHOUT\nTitle\n=====\n"
       "[safe](https://evil.example) ![x](https://evil.example/i.png) "
       "<a href=\"https://evil.example\">open</a> <b>bold</b>\n"
       "```\ncode \u202egpj.exe"},
      {"error_origin", "runner"},
      {"title", "# @all [t](https://evil.example) \u202eurl"},
      {"attempt", 1},
      {"max_attempts", 2},
      {"run_url", "https://h.example/runs/1"},
      {"failure_reason", "agent_error.unknown"}}));
  for (const auto& chat : kinds()) {
    if (chat.type == "webhook")
      continue;
    CAF_CHECK(is_sent(send(*open(chat.type), hostile)));
    const auto last = sink->chat().messages().back();
    CAF_CHECK(!has(last.text, "\u202e"));
    CAF_CHECK(has(last.text, "it broke"));
    CAF_CHECK(has(last.text, "SHOUT"));
    CAF_CHECK_EQUAL(last.card.link,
                    chat.type == "octo" ? "" : "https://h.example/runs/1");
    for (const auto& found : last.card.found) // an address is no disguise
      CAF_CHECK(!found.starts_with('@') && !found.starts_with('/'));
    // Slack's and Lark's texts are plain, Telegram finds nothing in code.
    if (chat.type == "octo" || chat.type == "dingtalk" || chat.type == "wecom"
        || chat.type == "discord")
      for (const auto* never : {"](", "\n# ", "\n=====\n", "\n```", "\n<",
                                " <a", " <b", "<@U", " <!", "@all", "@channel"})
        CAF_CHECK(!has(commands::outside_code(last.card.body), never));
  }
  http::client_request request;
  request.url = base() + "/";
  const auto page = std::get<http::client_response>(client->call(request));
  for (const auto* never : {"href=\"https://evil", "<b>", "<img", "\u202e"})
    CAF_CHECK(!has(page.body, never));
}

CAF_TEST(a long detail is cut between what a reader sees as characters) {
  const std::string family = "👨‍👩‍👧‍👦";
  std::string huge = "it broke ";
  while (huge.size() < 100'000)
    huge += family;
  const auto long_one = words(boost::json::serialize(
      boost::json::object{{"error", huge}, {"error_origin", "runner"}}));
  auto longer = plain();
  longer.message = "⚠️ " + huge;
  for (const auto& chat : kinds())
    for (const auto& what : {long_one, longer}) {
      if (chat.type == "webhook")
        continue;
      CAF_CHECK(is_sent(send(*open(chat.type), what)));
      const auto text = seen();
      const auto first = text.find(family);
      CAF_REQUIRE(first != std::string::npos);
      // Octo names no bound: it gets the whole.
      const auto end =
          std::min(text.find("…"), text.rfind(family) + family.size());
      const auto kept = text.substr(first, end - first);
      CAF_CHECK_EQUAL(kept.size() % family.size(), 0u);
      for (std::size_t i = 0; i < kept.size(); i += family.size())
        CAF_REQUIRE(kept.compare(i, family.size(), family) == 0);
    }
}

CAF_TEST(other scripts and joined emoji arrive as they were written) {
  const std::string words_of_many =
      "⚠️ فشل التشغيل 🏳️‍🌈 运行失败 e\u0301";
  auto what = plain();
  what.message = words_of_many;
  for (const auto& chat : kinds())
    if (chat.type != "webhook") {
      CAF_CHECK(is_sent(send(*open(chat.type), what)));
      CAF_CHECK(has(seen(), words_of_many));
    }
}

CAF_TEST(what a payload lacks the copy says in the readers language) {
  struct row {
    const char* payload;
    const char* english;
    const char* chinese;
  };
  for (const auto& [payload, english, chinese] : std::vector<row>{
           {R"("nothing")", "The run failed, and no reason was given.",
            "运行失败，未给出具体原因。"},
           {R"({"failure_reason":"made_up"})",
            "The run failed, and no reason was given.",
            "运行失败，未给出具体原因。"},
           {R"({"failure_reason":"timeout","error":"task timed out"})",
            "The run took too long and was stopped.",
            "运行耗时过长，已被停止。"}})
    for (const auto& chat : kinds()) {
      if (chat.type == "webhook")
        continue;
      CAF_CHECK(is_sent(send(*open(chat.type), words(payload))));
      CAF_CHECK(has(seen(), english));
      CAF_CHECK(!has(seen(), "made_up"));
      CAF_CHECK(is_sent(send(*open(chat.type), words(payload, "zh-CN"))));
      CAF_CHECK(has(seen(), chinese));
    }
}

CAF_TEST(a refused credential pauses a relay and a probe finds it mended) {
  for (const auto& chat : kinds()) {
    if (chat.bad_credentials.empty())
      continue;
    const auto to = open(chat.type);
    fault(R"("of":"credential","relay":")" + chat.type + '"');
    CAF_CHECK(std::holds_alternative<credential_refused>(send(*to, plain())));
    auto probe = to->probe({});
    if (probe.requests.empty())
      continue; // only a message can tell
    fault(R"("of":"credential","relay":")" + chat.type + '"');
    for (const bool accepted : {false, true}) {
      const auto& asked = probe.requests.front();
      const auto work =
          to->answered(asked.number, client->call(asked.what), {});
      CAF_REQUIRE(work.probed.has_value());
      CAF_CHECK_EQUAL(is_sent(*work.probed), accepted);
      if (!accepted)
        probe = to->probe({});
    }
    CAF_CHECK(is_sent(send(*to, plain())));
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
