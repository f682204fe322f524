// libs: telltale_relay telltale_failed_task_payload
#define CAF_SUITE unit.relay_pause
#include <string>
#include <vector>

#include "tests/support/backlog_world.hpp"

// Outages by virtual time: whatever stands between Telltale and a chat, and
// whatever is wrong with a credential, nobody goes untold.

using namespace std::chrono_literals;
using namespace telltale;
using namespace telltale::test;

namespace {

http_outcome reply(unsigned status, std::string body) {
  return http::client_response{status, {}, std::move(body)};
}

http_outcome page(unsigned status) {
  return reply(status, "<html><h1>Bad Gateway</h1></html>");
}

bool asks(const http::client_request& what, std::string_view part) {
  return what.url.find(part) != std::string::npos;
}

/// One chat and how it speaks.
struct chat {
  std::string type;
  http_outcome good;
  http_outcome good_probe;
  http_outcome bad_credential;
};

const std::vector<chat>& chats() {
  static const auto lark_good =
      reply(200, R"({"code":0,"tenant_access_token":"t","expire":7200,)"
                 R"("data":{"message_id":"om_1"}})");
  static const std::vector<chat> all{
      {"octo",
       reply(200, R"({"message_id":1})"),
       {},
       reply(401, R"({"msg":"no"})")},
      {"lark", lark_good, lark_good, reply(400, R"({"code":10014})")},
      {"slack", reply(200, R"({"ok":true,"ts":"1.2"})"),
       reply(200, R"({"ok":true})"),
       reply(200, R"({"ok":false,"error":"invalid_auth"})")},
      {"telegram", reply(200, R"({"ok":true,"result":{"message_id":1}})"),
       reply(200, R"({"ok":true,"result":{}})"),
       reply(401, R"({"ok":false,"error_code":401})")},
      {"dingtalk",
       reply(200, R"({"errcode":0})"),
       {},
       reply(200, R"({"errcode":310000})")},
      {"wecom",
       reply(200, R"({"errcode":0})"),
       {},
       reply(200, R"({"errcode":40001})")}};
  return all;
}

config::relay_config options_of(const std::string& type) {
  config::relay_config options;
  options.type = type;
  return options;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(relay_outage_tests, backlog_fixture)

CAF_TEST(a credential that is refused for an hour costs nobody a message) {
  for (const auto& one : chats()) {
    CAF_MESSAGE(one.type);
    backlog_fixture world;
    const auto mended = world.sys.clock().now() + 1h;
    world.target->answer = [&](const http::client_request& what,
                               steady_time now) {
      if (now < mended)
        return one.bad_credential;
      const bool probe = asks(what, "auth.test") || asks(what, "getMe");
      return probe ? one.good_probe : one.good;
    };
    world.begin(options_of(one.type));
    for (int minute = 0; minute < 60; ++minute) {
      world.waiting->add(static_cast<std::size_t>(minute),
                         "chat-" + std::to_string(minute % 7));
      world.tell();
      world.run_for(60s, 250ms);
    }
    CAF_CHECK_EQUAL(world.waiting->dead, 0u);
    CAF_CHECK_EQUAL(world.waiting->sent, 0u);
    CAF_MESSAGE("it was tried once a minute, and no try was spent");
    CAF_CHECK(world.target->sends + world.target->beats <= 70u);
    for (const auto& row : world.waiting->rows)
      CAF_CHECK_EQUAL(row.due.tries, 0u);
    CAF_CHECK_EQUAL(
        world.counters->read(counter::relay_credential_refused, "main"), 1);
    world.run_for(10min, 250ms);
    CAF_CHECK_EQUAL(world.waiting->dead, 0u);
    CAF_CHECK_EQUAL(world.waiting->sent, 60u);
    CAF_CHECK_EQUAL(
        world.counters->read(counter::relay_credential_refused, "main"), 0);
  }
}

CAF_TEST(an ingress that answers for ten minutes costs nobody a message) {
  for (const auto& one : chats())
    for (const auto status : {200U, 404U, 502U}) {
      CAF_MESSAGE(one.type << " behind " << status);
      backlog_fixture world;
      const auto back = world.sys.clock().now() + 10min;
      world.target->answer = [&](const http::client_request& what,
                                 steady_time now) {
        if (now < back)
          return page(status);
        const bool probe = asks(what, "auth.test") || asks(what, "getMe");
        return probe ? one.good_probe : one.good;
      };
      world.begin(options_of(one.type));
      for (std::size_t i = 0; i < 40; ++i) {
        world.waiting->add(i, "chat-" + std::to_string(i % 5));
        world.tell();
        world.run_for(15s, 250ms);
      }
      world.run_for(15min, 250ms);
      CAF_CHECK_EQUAL(world.waiting->dead, 0u);
      CAF_CHECK_EQUAL(world.waiting->sent, 40u);
    }
}

CAF_TEST(a hook that is nowhere for a day gets its envelopes afterwards) {
  const auto back = sys.clock().now() + 24h;
  target->answer = [&](const http::client_request&, steady_time now) {
    return now < back ? reply(404, "nothing here") : reply(204, "");
  };
  auto options = options_of("webhook");
  begin(options);
  for (std::size_t i = 0; i < 5; ++i)
    waiting->add(i, "");
  tell();
  run_for(24h, 1s);
  CAF_CHECK_EQUAL(waiting->dead, 0u);
  CAF_CHECK_EQUAL(waiting->sent, 0u);
  run_for(24h, 1s);
  CAF_CHECK_EQUAL(waiting->sent, 5u);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(relay_pause_tests, relay_fixture)

CAF_TEST(a refused credential holds everything until a message gets through) {
  const auto out = start();
  deliver({due(1, "c1"), due(2, "c2"), due(3, "c2")});
  CAF_REQUIRE_EQUAL(out->all.size(), 2u);
  answer(*out, credential_refused{"octo answered 401"});
  CAF_CHECK_EQUAL(
      counters->read(counter::relay_credential_refused, "octo-main"), 1);
  answer(*out, credential_refused{"octo answered 401"});
  pass(100ms);
  CAF_REQUIRE_EQUAL(store->results.size(), 3u);
  for (const auto& result : store->results) {
    CAF_CHECK(result.state == delivery_state::pending);
    CAF_CHECK(!result.counts);
    CAF_CHECK(!result.doubtful);
  }
  CAF_MESSAGE("what comes meanwhile goes back");
  self->send(relays.front(), notices_due{{due(4, "c4")}});
  settle_all();
  pass(100ms);
  CAF_CHECK(last().id == due(4, "").id);
  const auto takes = store->takes.size();
  pass(50s);
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  CAF_CHECK_EQUAL(store->takes.size(), takes);
  CAF_MESSAGE("then one message is tried");
  store->to_take.push_back({{due(1, "c1")}, false, {}});
  pass(10s);
  CAF_CHECK_EQUAL(store->takes.back().limit, 1u);
  CAF_REQUIRE_EQUAL(out->all.size(), 3u);
  answer(*out, credential_refused{"octo answered 401"});
  pass(59s);
  CAF_CHECK_EQUAL(out->all.size(), 3u);
  store->to_take.push_back({{due(1, "c1")}, false, {}});
  pass(1s);
  CAF_REQUIRE_EQUAL(out->all.size(), 4u);
  answer(*out, message_sent{"1"});
  CAF_CHECK_EQUAL(
      counters->read(counter::relay_credential_refused, "octo-main"), 0);
  deliver({due(2, "c2"), due(5, "c5")});
  CAF_CHECK_EQUAL(out->all.size(), 6u);
}

CAF_TEST(where it can be asked a credential is probed and no message spent) {
  const auto out = std::make_shared<recording_channel>();
  out->probed = credential_refused{"slack answered invalid_auth"};
  start(chat_options(), out);
  CAF_CHECK_EQUAL(out->probes, 1); // at the start
  out->answer_probe();
  settle_all();
  CAF_CHECK_EQUAL(
      counters->read(counter::relay_credential_refused, "octo-main"), 1);
  deliver({due(1, "c1")});
  CAF_CHECK(out->all.empty());
  pass(1min);
  CAF_CHECK_EQUAL(out->probes, 2);
  out->probed = try_again{"no answer", {}, false, true};
  out->answer_probe();
  settle_all();
  pass(1min);
  CAF_CHECK_EQUAL(out->probes, 3);
  out->probed = message_sent{};
  store->to_take.push_back({{due(1, "c1")}, false, {}});
  out->answer_probe();
  settle_all();
  pass(1ms);
  CAF_CHECK_EQUAL(out->all.size(), 1u);
}

CAF_TEST(the keeper of readiness hears of a pause and of its end) {
  std::vector<relay_pause> heard;
  const auto watcher = sys.spawn([&heard](relay_watcher_handle::pointer)
                                     -> relay_watcher_handle::behavior_type {
    return {
        [&heard](const relay_paused& news) { heard.push_back(news.pause); }};
  });
  peers.watcher = watcher;
  const auto out = start();
  deliver({due(1, "c1")});
  answer(*out, credential_refused{"octo answered 401"});
  CAF_REQUIRE_EQUAL(heard.size(), 1u);
  CAF_CHECK_EQUAL(heard[0].relay, "octo-main");
  CAF_CHECK_EQUAL(heard[0].explanation, "octo answered 401");
  store->to_take.push_back({{due(1, "c1")}, false, {}});
  pass(1min);
  answer(*out, message_sent{"1"});
  CAF_REQUIRE_EQUAL(heard.size(), 2u);
  CAF_CHECK(heard[1].explanation.empty());
  self->send_exit(watcher, caf::exit_reason::user_shutdown);
}

CAF_TEST_FIXTURE_SCOPE_END()
