#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/gateway/gateway.hpp"
#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/options.hpp"
#include "tests/support/gateway_world.hpp"

#include <caf/test/dsl.hpp>

// The gateway actor between clients without sockets and scripted actors.
namespace telltale::test {

inline published_event event_at(std::int64_t position, event_type type) {
  published_event event;
  event.position = position;
  event.type = type;
  event.task = task_id{make_uuid_v7()};
  event.envelope = "{}";
  return event;
}

struct gateway_fixture : test_coordinator_fixture<> {
  world w;
  edge_tally_ptr tally = std::make_shared<edge_tally>();
  counter_board_ptr counters = std::make_shared<counter_board>();
  gateway_actor uut;
  principal caller; ///< of what is asked
  config::settings settings;

  gateway_fixture() {
    gateway_peers peers{.commands = sys.spawn(fake_commands, &w),
                        .claims = sys.spawn(fake_claims, &w),
                        .queries = sys.spawn(fake_queries, &w),
                        .readiness = sys.spawn(fake_readiness, &w),
                        .statistics = sys.spawn(fake_statistics, &w),
                        .chats = sys.spawn(fake_chats, &w),
                        .deliveries = sys.spawn(fake_deliveries),
                        .mutes = sys.spawn(fake_mutes, &w),
                        .page_sessions = sys.spawn(fake_sessions, &w),
                        .redaction = sys.spawn(fake_redaction),
                        .reaper = sys.spawn(fake_reaper, &w),
                        .events = sys.spawn(fake_events, &w),
                        .intake = sys.spawn(fake_intake, &w),
                        .beats = sys.spawn(fake_beats, &w),
                        .relays = sys.spawn(fake_relays, &w)};
    gateway_setup setup;
    for (const std::string locale : {"en", "zh-CN"})
      setup.reasons.push_back(
          {locale,
           {{"timeout", {"timeout in " + locale, "timeout"}}},
           {"copy in " + locale, "brief in " + locale}});
    setup.attempt_key = "key";
    uut = sys.spawn(gateway, peers, setup, std::make_shared<edge_link>(),
                    counters);
    settings.relays["octo"] = {};
    tell_options();
  }

  ~gateway_fixture() override {
    self->send_exit(uut, caf::exit_reason::user_shutdown);
    settle();
  }

  /// Tells the gateway of `settings` as they are now.
  void tell_options() {
    self->send(
        uut, options_changed<gateway_options>{make_gateway_options(settings)});
    settle();
  }

  void settle() {
    while (consume_message()) {
    }
  }

  client_ptr ask(call what, std::vector<std::string> path = {},
                 std::string body = {},
                 std::map<std::string, std::string> headers = {},
                 std::map<std::string, std::string> query = {}) {
    auto to = std::make_shared<client>();
    ask_as(to, what, std::move(path), std::move(body), std::move(headers),
           std::move(query));
    return to;
  }

  void ask_as(const client_ptr& to, call what, std::vector<std::string> path,
              std::string body, std::map<std::string, std::string> headers = {},
              std::map<std::string, std::string> query = {}) {
    http_call message;
    message.what = static_cast<operation>(what);
    message.path = std::move(path);
    message.body = std::move(body);
    message.headers = std::move(headers);
    message.query = std::move(query);
    message.caller = caller;
    message.reply.waiter =
        std::make_shared<pending_reply>(to, "request-1", tally, true);
    self->send(uut, std::move(message));
    settle();
  }

  void publish(std::vector<published_event> events) {
    self->send(uut, events_published{std::move(events)});
    settle();
  }

  task_record& add_task(task_status status) {
    task_record task;
    task.id = task_id{make_uuid_v7()};
    task.kind = "k";
    task.status = status;
    task.attempt = 1;
    return w.tasks[to_string(task.id)] = task;
  }

  client_ptr claim(int wait) {
    return ask(call::claim_tasks, {},
               R"({"runner_id":"r","wait_seconds":)" + std::to_string(wait)
                   + "}");
  }
};

} // namespace telltale::test
