// libs: telltale_relay telltale_failed_task_payload telltale_command_sink telltale_postgres_fixture
#define CAF_SUITE integration.relay_replicas
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include "actors/failed_task_payload/failed_task_payload.hpp"
#include "actors/persistence/stores/deliveries.hpp"
#include "actors/persistence/stores/event_log.hpp"
#include "actors/persistence/stores/redeliveries.hpp"
#include "actors/relay/relay.hpp"
#include "commands/sink/sink_server.hpp"
#include "commands/sink/sink_wire.hpp"
#include "tests/support/event_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

redaction_actor::behavior_type plain_redaction(redaction_actor::pointer) {
  return {
      [](const redact_reports&) {},
      [](const redact_texts&) { return texts_redacted{}; },
      [](const narrow_texts& request) {
        texts_redacted answer;
        answer.texts.resize(request.texts.size(),
                            redacted_text::from_platform("clean"));
        return answer;
      },
      [](const seal_masks&) { return masks_sealed{}; },
      [](const options_changed<redaction_engine_ptr>&) {},
  };
}

replicas_actor::behavior_type deaf_replicas(replicas_actor::pointer) {
  return {[](const notify_replicas&) {}, [](const deliveries_waiting&) {},
          [](const replica_published&) {},
          [](const options_changed<running_relays>&) {}};
}

event_listener_actor::behavior_type deaf_stream(event_listener_actor::pointer) {
  return {[](const events_published&) {}};
}

/// Two replicas of one relay on one database, and the chat that they speak to.
struct fixture : event_world {
  commands::sink_server sink{"127.0.0.1:0", {}};
  counter_board_ptr counters = std::make_shared<counter_board>();
  std::vector<std::shared_ptr<http::client>> clients;
  caf::actor_system_config settings;
  caf::actor_system system{settings};
  std::vector<caf::actor> all;
  std::vector<relay_actor> relays;

  ~fixture() {
    for (const auto& one : all)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    system.await_all_actors_done();
  }

  template <class Handle> Handle keep(Handle one) {
    all.push_back(caf::actor_cast<caf::actor>(one));
    return one;
  }

  /// Without digests, if it is not told otherwise.
  void start_replica(std::chrono::milliseconds digest_window = 0ms,
                     std::uint32_t digest_threshold = 5) {
    const auto payloads = keep(system.spawn(
        failed_task_payload,
        payload_options{keep(system.spawn(plain_redaction)), {}, {}}));
    const auto waiting = keep(system.spawn<caf::detached>(
        telltale::deliveries, make_pg_deliveries(options_for(url())), payloads,
        counters));
    const auto people = keep(system.spawn<caf::detached>(
        redeliveries, make_pg_redeliveries(options_for(url()))));
    caf::anon_send(payloads,
                   options_changed<payload_peers>{payload_peers{
                       keep(system.spawn<caf::detached>(
                           event_log, make_pg_event_log(options_for(url())))),
                       waiting,
                       keep(system.spawn(deaf_stream)),
                       keep(system.spawn(deaf_replicas)),
                       {}}});
    config::relay_config options;
    options.type = "octo";
    options.base_url = "http://127.0.0.1:" + std::to_string(sink.port());
    options.token = config::secret{"bf_1"};
    options.digest_window = digest_window;
    options.digest_threshold = digest_threshold;
    clients.push_back(std::make_shared<http::client>(client_options(options)));
    relays.push_back(keep(system.spawn(
        relay, std::string{"chats"}, options, make_channel("chats", options),
        make_request_sender(clients.back()),
        relay_peers{payloads, waiting, people}, counters, std::size_t{800})));
  }

  void wake() {
    for (const auto& one : relays)
      caf::anon_send(one, deliveries_due{});
  }

  void fault(const std::string& body) {
    http::client_request request;
    request.method = "POST";
    request.url = "http://127.0.0.1:" + std::to_string(sink.port()) + "/faults";
    request.body = body;
    CAF_REQUIRE(
        std::get<http::client_response>(clients[0]->call(request)).status
        == 200);
  }

  void end_replicas() {
    for (const auto& one : all)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    all.clear();
    relays.clear();
    system.await_all_actors_done();
  }

  /// So many failures of runs that one chat hears of.
  void fail(int runs) {
    std::vector<event_facts> facts;
    for (int i = 0; i < runs; ++i)
      facts.push_back(make_facts(event_type::task_failed, "s1"));
    tell(facts);
    wake();
  }

  [[nodiscard]] int deliveries(const std::string& that) const {
    return std::stoi(ask("SELECT count(*) FROM deliveries WHERE " + that));
  }

  /// The failures that the chat was told of, in its messages' own words.
  [[nodiscard]] int told() {
    int sum = 0;
    for (const auto& message : sink.chat().messages()) {
      const auto at = message.text.find(" runs failed");
      const auto from = message.text.rfind(' ', at - 1) + 1;
      sum += at == std::string::npos
                 ? 1
                 : std::stoi(message.text.substr(from, at - from));
    }
    return sum;
  }

  template <class Condition> bool wait(Condition holds) {
    for (int i = 0; i < 1500; ++i) {
      if (holds())
        return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(relay_replicas_tests, fixture)

CAF_TEST(two replicas tell each chat everything once and in order) {
  start_replica();
  start_replica();
  fault(R"({"next":5,"status":502,"stored":true})"); // lost answers
  std::map<std::string, std::vector<std::string>> wanted;
  for (int chat = 0; chat < 6; ++chat)
    bind("s" + std::to_string(chat), "chats", "c" + std::to_string(chat));
  for (int round = 0; round < 10; ++round) {
    std::vector<event_facts> facts;
    for (int chat = 0; chat < 6; ++chat)
      facts.push_back(
          make_facts(event_type::task_failed, "s" + std::to_string(chat)));
    tell(facts);
    wake();
  }
  pqxx::connection link{url()};
  pqxx::nontransaction reading{link};
  for (const auto& row : reading.exec(
           "SELECT chat_id, id::text FROM deliveries ORDER BY position"))
    wanted[row[0].c_str()].emplace_back(row[1].c_str());
  CAF_REQUIRE_EQUAL(wanted.size(), 6u);
  CAF_CHECK(wait([&] {
    return ask("SELECT count(*) FROM deliveries WHERE state = 'sent'") == "60";
  }));
  std::map<std::string, std::vector<std::string>> told;
  std::uint32_t repeats = 0;
  for (const auto& message : sink.chat().messages()) {
    told[message.chat].push_back(message.key);
    repeats += message.repeats;
  }
  CAF_CHECK(told == wanted);
  CAF_CHECK_EQUAL(repeats, 5u); // those whose answer was lost, no other
}

CAF_TEST(a chat that hangs holds back neither its neighbours nor its order) {
  start_replica();
  bind("s1", "chats", "hangs");
  bind("s2", "chats", "quick");
  fault(R"({"next":1,"chat":"hangs","hang":true})");
  tell({make_facts(event_type::task_failed, "s1"),
        make_facts(event_type::task_failed, "s1")});
  wake();
  for (int i = 0; i < 20; ++i)
    tell({make_facts(event_type::task_failed, "s2")});
  wake();
  CAF_CHECK(wait([&] { return sink.chat().messages().size() == 20; }));
  for (const auto& message : sink.chat().messages())
    CAF_CHECK_EQUAL(message.chat, "quick");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries WHERE chat_id = 'hangs' "
                      "AND state = 'pending' AND leased_until > now()"),
                  "2");
}

CAF_TEST(failures after one whose answer was lost are told beside it) {
  bind("s1", "chats", "c1");
  start_replica(10s);
  fault(R"({"next":1,"status":502,"stored":true})");
  fail(1);
  CAF_CHECK(wait([&] { return deliveries("tries = 1") == 1; }));
  fail(11);
  CAF_CHECK(wait([&] { return deliveries("state = 'sent'") == 12; }));
  CAF_CHECK_EQUAL(told(), 12);
}

CAF_TEST(failures after one that a killed process sent are told beside it) {
  bind("s1", "chats", "c1");
  start_replica(10s);
  end_replicas();
  fail(1);
  const auto taken = take("chats");
  CAF_REQUIRE_EQUAL(taken.due.size(), 1u);
  // It was sent; then the process was killed.
  config::relay_config options;
  options.type = "octo";
  options.base_url = "http://127.0.0.1:" + std::to_string(sink.port());
  options.token = config::secret{"bf_1"};
  const auto dead = make_channel("chats", options);
  outgoing_message message;
  message.key = taken.due[0].id;
  message.chat = taken.due[0].chat;
  message.message.message = "it failed";
  const auto work = dead->send(message, {});
  for (const auto& request : work.requests)
    clients.back()->send(request.what, [](const http::client_result&) {});
  CAF_CHECK(wait([&] { return sink.chat().messages().size() == 1; }));
  execute("UPDATE deliveries SET leased_until = now()");
  fail(11);
  start_replica(10s);
  CAF_CHECK(wait([&] { return deliveries("state = 'sent'") == 12; }));
  CAF_CHECK_EQUAL(told(), 12);
}

CAF_TEST(a digest whose answer was lost does not grow) {
  bind("s1", "chats", "c1");
  start_replica(10s);
  end_replicas();
  fault(R"({"next":1,"status":502,"stored":true})");
  fail(12);
  start_replica(10s);
  CAF_CHECK(wait([&] { return deliveries("tries = 1") == 12; }));
  fail(7);
  CAF_CHECK(wait([&] { return deliveries("state = 'sent'") == 19; }));
  CAF_CHECK_EQUAL(told(), 19);
}

CAF_TEST(a digest whose answer was lost is not told in parts) {
  bind("s1", "chats", "c1");
  start_replica(10s);
  end_replicas();
  fault(R"({"next":1,"status":502,"stored":true})");
  fail(12);
  start_replica(10s);
  CAF_CHECK(wait([&] { return deliveries("tries = 1") == 12; }));
  end_replicas();
  start_replica(10s, 100); // which would tell them one by one
  CAF_CHECK(wait([&] { return deliveries("state = 'sent'") == 12; }));
  CAF_CHECK_EQUAL(told(), 12);
}

CAF_TEST_FIXTURE_SCOPE_END()
