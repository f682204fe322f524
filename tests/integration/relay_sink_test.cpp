// libs: telltale_relay telltale_command_sink telltale_redaction telltale_failed_task_payload
#define CAF_SUITE integration.relay_sink
#include <future>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "actors/redaction/engine.hpp"
#include "actors/relay/channels/channel.hpp"
#include "commands/sink/sink_server.hpp"
#include "commands/sink/sink_wire.hpp"
#include "messages/failure_reason.hpp"
#include "tests/support/channel_driver.hpp"
#include "tests/support/foreign_message.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

struct fixture {
  commands::sink_server sink{"127.0.0.1:0", {}};
  std::string base = "http://127.0.0.1:" + std::to_string(sink.port());
  std::shared_ptr<http::client> client =
      std::make_shared<http::client>(quick_client());

  static http::client_options quick_client() {
    http::client_options options;
    options.request_timeout = 300ms;
    return options;
  }

  std::shared_ptr<channel> open(const std::string& type) {
    config::relay_config options;
    options.type = type;
    options.base_url = base;
    options.url = base + "/hook";
    options.token = config::secret{"bf_1"};
    options.app_id = "cli_1";
    options.app_secret = config::secret{"s"};
    options.secrets = {config::secret{"whsec_c2VjcmV0"}};
    return make_channel("chat", options);
  }

  void fault(const std::string& body) {
    http::client_request request;
    request.method = "POST";
    request.url = base + "/faults";
    request.body = body;
    CAF_CHECK(std::get<http::client_response>(client->call(request)).status
              == 200);
  }

  static std::string get_text(const http::client_result& result) {
    const auto* answer = std::get_if<http::client_response>(&result);
    return answer == nullptr ? std::string{} : answer->body;
  }

  std::string get(const std::string& path) {
    http::client_request request;
    request.url = base + path;
    return get_text(client->call(request));
  }

  std::future<send_outcome> begin(channel& to, std::uint8_t number,
                                  const std::string& chat = "oc_1",
                                  const std::string& reply_to = {}) {
    outgoing_message what;
    what.key.value.bytes[15] = number;
    what.chat.chat_id = chat;
    what.chat.reply_to = reply_to;
    what.message.message = "⚠️ it broke & <b>";
    what.message.copy = "⚠️ The copy.";
    what.message.title = "Title";
    what.message.link = "http://h/runs/1";
    what.message.open_run = "Open";
    what.envelope = R"({"type":"task:failed","task_id":"t1"})";
    return std::async(std::launch::async, [this, &to, what] {
      return test::carry(to, what, [this](const http::client_request& request) {
        return client->call(request);
      });
    });
  }

  send_outcome send(channel& to, std::uint8_t number,
                    const std::string& reply_to = {}) {
    return begin(to, number, "oc_1", reply_to).get();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(relay_sink_tests, fixture)

CAF_TEST(each kind of relay arrives once however often it is sent) {
  for (const auto* type : {"octo", "lark", "webhook"}) {
    const auto to = open(type);
    const auto before = sink.chat().messages().size();
    const auto first = std::get<message_sent>(send(*to, 1));
    const auto again = std::get<message_sent>(send(*to, 1));
    CAF_CHECK_EQUAL(first.message_id, again.message_id);
    CAF_CHECK_EQUAL(sink.chat().messages().size(), before + 1);
  }
  const auto all = sink.chat().messages();
  CAF_CHECK(all[0].text.starts_with("⚠️ it broke & \\<b>\nTitle"));
  CAF_CHECK_EQUAL(all[0].message_id, "9007199254740994");
  CAF_CHECK(all[1].text.find("it broke") != std::string::npos);
  CAF_CHECK(all[1].text.find("http://h/runs/1") != std::string::npos);
  CAF_CHECK_EQUAL(all[2].text, "task:failed t1");
  CAF_CHECK_EQUAL(all[2].key, "00000000-0000-0000-0000-000000000001");
}

CAF_TEST(a lost answer does not make a second message) {
  for (const auto* type : {"octo", "lark", "webhook"}) {
    const auto to = open(type);
    const auto before = sink.chat().messages().size();
    fault(R"({"next":1,"status":502,"stored":true})");
    CAF_CHECK(std::holds_alternative<try_again>(send(*to, 2)));
    CAF_CHECK(std::holds_alternative<message_sent>(send(*to, 2)));
    CAF_CHECK_EQUAL(sink.chat().messages().size(), before + 1);
  }
}

CAF_TEST(codes of a real server follow their rules) {
  const auto to = open("lark");
  const auto code = [&](std::int64_t number, int times = 1) {
    fault("{\"next\":" + std::to_string(times)
          + ",\"code\":" + std::to_string(number)
          + R"(,"header":"x-ogw-ratelimit-reset: 4"})");
  };
  std::uint8_t key = 10;
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, key++)));
  fault(R"({"next":0,"forget_token":true})");
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, key++)));
  code(99991663);
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, key++)));
  code(230020);
  const auto throttled = std::get<try_again>(send(*to, key++));
  CAF_CHECK(throttled.throttled);
  CAF_CHECK_EQUAL(throttled.after.value_or(0ms).count(), 4000);
  code(230049);
  CAF_CHECK(!std::get<try_again>(send(*to, key++)).throttled);
  code(230011);
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, key++, "om_1")));
  CAF_CHECK(sink.chat().messages().back().reply_to.empty());
  code(230022);
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, key++)));
  CAF_CHECK(sink.chat().messages().back().text.find("The copy.")
            != std::string::npos);
  code(230002);
  CAF_CHECK(std::get<given_up>(send(*to, key++)).binding_broken);
  code(230099);
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, key++)));
  code(230987);
  CAF_CHECK(!std::get<given_up>(send(*to, key++)).binding_broken);
}

CAF_TEST(a chat that hangs delays only its own messages) {
  const auto octo = open("octo");
  const auto other = open("octo");
  const auto lark = open("lark");
  fault(R"({"next":1,"hang":true,"chat":"slow"})");
  auto slow = begin(*octo, 20, "slow");
  CAF_CHECK(
      std::holds_alternative<message_sent>(begin(*other, 21, "quick").get()));
  CAF_CHECK(std::holds_alternative<message_sent>(send(*lark, 22)));
  CAF_CHECK(slow.wait_for(0s) == std::future_status::timeout);
  CAF_CHECK(std::get<try_again>(slow.get()).transport);
}

CAF_TEST(a webhook is kept from private addresses unless that is allowed) {
  config::relay_config options;
  options.type = "webhook";
  options.url = base + "/hook";
  CAF_CHECK(!client_options(options).allow_private);
  client = std::make_shared<http::client>(client_options(options));
  CAF_CHECK(std::holds_alternative<given_up>(send(*open("webhook"), 30)));
  options.allow_private = true;
  client = std::make_shared<http::client>(client_options(options));
  CAF_CHECK(std::holds_alternative<message_sent>(send(*open("webhook"), 30)));
}

CAF_TEST(the sink lists what it got and shows it escaped) {
  CAF_CHECK(std::holds_alternative<message_sent>(send(*open("octo"), 40)));
  const auto list = boost::json::parse(get("/messages"));
  CAF_REQUIRE_EQUAL(list.as_array().size(), 1u);
  const auto& message = list.as_array()[0].as_object();
  CAF_CHECK(message.at("relay") == "octo");
  CAF_CHECK(message.at("chat") == "oc_1");
  const auto page = get("/");
  CAF_CHECK(page.find("&lt;b&gt;") != std::string::npos);
  CAF_CHECK(page.find("<b>") == std::string::npos);
  const auto stats = boost::json::parse(get("/stats"));
  CAF_CHECK_EQUAL(stats.as_object().at("messages").to_number<int>(), 1);
  CAF_CHECK_EQUAL(commands::harmless("a\x1b[2J\xc2\x9b\nb\u00e9"),
                  "a\\x1B[2J\\x9B\nb\u00e9");
}

CAF_TEST(a throttled sink says so in each chats own way) {
  commands::sink_options options;
  options.throttle = 1;
  commands::sink_server strict{"127.0.0.1:0", options};
  base = "http://127.0.0.1:" + std::to_string(strict.port());
  for (const auto* type : {"octo", "lark", "webhook"}) {
    const auto to = open(type);
    CAF_CHECK(std::holds_alternative<message_sent>(send(*to, 50)));
    const auto second = send(*to, 51);
    CAF_REQUIRE(std::holds_alternative<try_again>(second));
    CAF_CHECK(std::get<try_again>(second).throttled);
    CAF_CHECK_EQUAL(std::get<try_again>(second).after.value_or(0ms).count(),
                    1000);
  }
}

CAF_TEST(a sink with real limits refuses as each chat would and counts it) {
  commands::sink_options options;
  options.real_limits = true;
  commands::sink_server strict{"127.0.0.1:0", options};
  base = "http://127.0.0.1:" + std::to_string(strict.port());
  for (const auto* type : {"octo", "lark"}) {
    const auto to = open(type);
    std::uint8_t key = 60;
    for (int n = 0; n < 5; ++n)
      CAF_CHECK(std::holds_alternative<message_sent>(send(*to, key++)));
    const auto next = send(*to, key++);
    CAF_REQUIRE(std::holds_alternative<try_again>(next));
    CAF_CHECK(std::get<try_again>(next).throttled);
    CAF_CHECK_EQUAL(std::get<try_again>(next).after.value_or(0ms).count(),
                    1000);
  }
  const auto hook = open("webhook");
  for (std::uint8_t key = 80; key < 140; ++key)
    CAF_CHECK(std::holds_alternative<message_sent>(send(*hook, key)));
  const auto stats = boost::json::parse(get("/stats")).as_object();
  CAF_CHECK_EQUAL(stats.at("throttled").to_number<int>(), 2);
  CAF_CHECK(stats.at("limits").as_array().size() > 5);
  const auto chats = boost::json::parse(get("/chats?keys=true")).as_array();
  CAF_REQUIRE_EQUAL(chats.size(), 3u);
  CAF_CHECK(chats[0].as_object().at("relay") == "lark");
  CAF_CHECK_EQUAL(chats[0].as_object().at("messages").to_number<int>(), 5);
  CAF_CHECK_EQUAL(chats[2].as_object().at("keys").as_array().size(), 60u);
  const auto some = boost::json::parse(get("/messages?relay=octo&after=3"));
  CAF_CHECK_EQUAL(some.as_array().size(), 2u);
}

CAF_TEST(a sink that was told to be away closes its port and comes back) {
  const auto to = open("octo");
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, 150)));
  fault(R"({"away":true,"for_ms":60000,"relay":"octo"})");
  const auto away = send(*to, 151);
  CAF_REQUIRE(std::holds_alternative<try_again>(away));
  CAF_CHECK(std::get<try_again>(away).transport);
  fault(R"({"clear":true,"closed_ms":200})");
  // Its port is closed some moments after the answer, and open later on.
  bool was_refused = false;
  bool came_back = false;
  for (int n = 0; n < 20'000 && !came_back; ++n) {
    const auto answer = get("/stats");
    was_refused = was_refused || answer.empty();
    came_back = was_refused && !answer.empty();
  }
  CAF_CHECK(was_refused);
  CAF_CHECK(came_back);
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, 150)));
  CAF_CHECK(std::holds_alternative<message_sent>(send(*to, 151)));
  CAF_CHECK_EQUAL(sink.chat().messages().size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(no sentence that people read looks like a secret) {
  const redaction_engine engine{config::redaction_config{}};
  for (const auto locale : catalog::locales())
    for (const auto& row : failure_reasons()) {
      const auto payload =
          R"({"title":"Fix it","attempt":1,"max_attempts":2,"run_url":)"
          R"("http://127.0.0.1:8080/runs/018f3c1e-0000-7000-8000-000000000001",)"
          R"("failure_reason":")"
          + std::string{row.wire} + "\"}";
      const auto text =
          as_text(render(test::facts_in(payload), catalog::of(locale),
                         detail_style::error_first));
      CAF_CHECK_EQUAL(engine.redact(text, redaction_profile::store).text, text);
    }
}
