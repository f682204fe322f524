#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/gateway/edge/edge.hpp"
#include "actors/gateway/gateway.hpp"
#include "actors/gateway/options.hpp"
#include "actors/persistence/persistence.hpp"
#include "actors/status_intake/status_intake.hpp"
#include "tests/support/raw_socket.hpp"

// The gateway on a real socket; the actors behind it know one task.
namespace telltale::test {

using namespace std::chrono_literals;

inline const task_id known{make_uuid_v7()}; // the one task that there is

inline redaction_actor::behavior_type
fake_redaction(redaction_actor::pointer self) {
  return {[=](redact_reports& what) {
            self->send(what.back_to,
                       reports_redacted{std::move(what.batch), what.waiter,
                                        what.writer});
          },
          [](redact_texts& what) {
            texts_redacted clean;
            clean.texts.resize(what.texts.size());
            clean.findings.resize(what.texts.size());
            return clean;
          },
          [](narrow_texts&) { return texts_redacted{}; },
          [](seal_masks&) { return masks_sealed{{"sealed"}}; },
          [](const options_changed<redaction_engine_ptr>&) {}};
}

/// Knows one task; a report with attempt 9 is lost on the way.
inline report_store_actor::behavior_type
fake_reports(report_store_actor::pointer self) {
  return {[=](commit_reports& what) {
            std::erase_if(*what.batch, [](const pending_report& pending) {
              return pending.ready.attempt == 9U;
            });
            for (auto& pending : *what.batch)
              pending.result =
                  pending.ready.task == known ? ec::none : ec::task_not_found;
            self->send(what.waiter, reports_settled{std::move(what.batch)});
          },
          [](flush_reports&) {}, [](flush_tick&) {},
          [](const options_changed<task_rules_ptr>&) {}};
}

inline task_commands_actor::behavior_type
fake_commands(task_commands_actor::pointer) {
  return {[](create_task& what) { return task_created{what.task}; },
          [](cancel_task&) { return task_changed{}; },
          [](retry_task&) { return task_changed{}; }, [](flush_creates) {},
          [](const options_changed<task_rules_ptr>&) {}};
}

inline claim_dispatcher_actor::behavior_type
fake_claims(claim_dispatcher_actor::pointer) {
  return {[](claim_tasks&) { return tasks_claimed{}; },
          [](return_tasks&) { return tasks_returned{}; }, [](flush_claims) {},
          [](const options_changed<task_rules_ptr>&) {}};
}

inline statistics_actor::behavior_type
fake_statistics(statistics_actor::pointer) {
  return {
      [](const read_stats& what) {
        stats_read found;
        found.until = timestamp{std::chrono::hours{48}};
        found.since = found.until - what.window;
        return found;
      },
      [](const list_causes&) { return causes_listed{}; },
      [](const list_runners&) { return runners_listed{}; },
  };
}

inline heartbeat_store_actor::behavior_type
fake_beats(heartbeat_store_actor::pointer) {
  return {[](const register_runtimes& what) {
            return runtimes_found{what.runtimes};
          },
          [](const deregister_runtimes&) { return runtimes_found{}; },
          [](const find_runtimes&) { return runtimes_found{}; },
          [](beat_heart&) { return heart_beaten{}; },
          [](flush_beats) {},
          [](const options_changed<task_rules_ptr>&) {}};
}

inline task_query_actor::behavior_type fake_queries(task_query_actor::pointer) {
  return {[](find_task& what) -> caf::result<task_found> {
            if (what.task != known)
              return make_error(ec::task_not_found);
            task_found found;
            found.task.id = known;
            return found;
          },
          [](list_tasks&) { return tasks_listed{}; },
          [](list_deliveries&) { return deliveries_listed{}; },
          [](check_store&) {
            return store_checked{true, 1, true};
          }};
}

inline readiness_actor::behavior_type fake_readiness(readiness_actor::pointer) {
  return {
      [](const read_readiness&) {
        return readiness_read{database_state::answers, {true, 1, true}, {}, {}};
      },
      [](const database_refused&) {}, [](const relay_paused&) {},
      [](const watch_database&) {}};
}

inline chat_store_actor::behavior_type fake_chats(chat_store_actor::pointer) {
  return {[](bind_chat& what) { return chats_listed{{what.binding}}; },
          [](unbind_chat&) { return chats_listed{}; },
          [](list_chats&) { return chats_listed{}; },
          [](ask_routes&) { return routes_told{}; },
          [](const options_changed<task_rules_ptr>&) {}};
}

inline redelivery_store_actor::behavior_type
fake_deliveries(redelivery_store_actor::pointer) {
  return {[](redeliver&) { return redelivery_queued{}; },
          [](redeliver_dead&) { return dead_requeued{}; },
          [](read_backlog&) { return backlog_read{}; }};
}

inline mute_store_actor::behavior_type fake_mutes(mute_store_actor::pointer) {
  return {[](put_mute&) { return mute_put{}; },
          [](clear_mute&) { return mute_cleared{}; },
          [](list_mutes&) { return mutes_listed{}; }};
}

using kept_sessions = std::map<std::string, std::uint64_t>; // by hash

inline session_store_actor::behavior_type
fake_sessions(session_store_actor::pointer,
              const std::shared_ptr<kept_sessions>& kept) {
  return {[=](const begin_session& what) {
            kept->emplace(what.hash, what.token);
            return session_begun{};
          },
          [=](const find_session& what) {
            const auto at = kept->find(what.hash);
            return at == kept->end() ? session_found{}
                                     : session_found{at->second};
          },
          [=](const end_session& what) {
            kept->erase(what.hash);
            return session_ended{};
          }};
}

inline reaper_actor::behavior_type fake_reaper(reaper_actor::pointer) {
  return {[](reap_now&) {}, [](check_truth_now&) {},
          [](runner_recovered&) { return tasks_swept{}; },
          [](runner_left&) { return tasks_swept{}; },
          [](const options_changed<reaper_options_ptr>&) {}};
}

inline relay_waker_actor::behavior_type
fake_relays(relay_waker_actor::pointer) {
  return {[](const deliveries_waiting&) {}};
}

/// Events that were published before the service started.
using event_history = std::vector<published_event>;

inline event_stream_actor::behavior_type
fake_events(event_stream_actor::pointer, const event_history& log) {
  return {[](events_published&) {},
          [log](const subscribe_events& what) {
            events_read read;
            if (!log.empty())
              read.newest = log.back().position;
            if (what.after >= 0)
              for (const auto& event : log)
                if (event.position > what.after
                    && read.events.size() < what.limit)
                  read.events.push_back(event);
            return read;
          },
          [](replica_published&) {}, [](poll_events&) {}, [](pass_events&) {}};
}

inline config::token_config token(const std::string& value,
                                  std::vector<std::string> scopes = {}) {
  config::token_config made;
  made.name = value;
  made.token = config::secret{value};
  made.scopes = std::move(scopes);
  return made;
}

inline config::auth_config closed() {
  config::auth_config auth;
  auth.runner_tokens = {token("run")};
  auth.operator_tokens = {token("op"), token("look", {"read"})};
  return auth;
}

struct fixed_metrics final : metrics_exporter {
  std::string text() override { return "telltale_up 1\n"; }
};

/// The whole gateway on a free port, with scripted actors behind it.
struct service {
  caf::actor_system_config options;
  caf::actor_system sys{options};
  gateway_actor actor;
  std::unique_ptr<edge> front;
  edge_link_ptr link = std::make_shared<edge_link>();
  counter_board_ptr counters = std::make_shared<counter_board>();
  access_rules_ptr rules;
  std::shared_ptr<kept_sessions> sessions = std::make_shared<kept_sessions>();

  explicit service(const config::auth_config& auth = closed(),
                   config::http_config http = {}, event_history log = {})
      : rules(std::make_shared<const access_rules>(auth, "key")) {
    const auto redaction = sys.spawn(fake_redaction);
    const auto intake =
        sys.spawn(status_intake, std::vector<redaction_actor>{redaction},
                  std::vector<report_store_actor>{sys.spawn(fake_reports),
                                                  sys.spawn(fake_reports)},
                  counters);
    gateway_peers peers{.commands = sys.spawn(fake_commands),
                        .claims = sys.spawn(fake_claims),
                        .queries = sys.spawn(fake_queries),
                        .readiness = sys.spawn(fake_readiness),
                        .statistics = sys.spawn(fake_statistics),
                        .chats = sys.spawn(fake_chats),
                        .deliveries = sys.spawn(fake_deliveries),
                        .mutes = sys.spawn(fake_mutes),
                        .page_sessions = sys.spawn(fake_sessions, sessions),
                        .redaction = redaction,
                        .reaper = sys.spawn(fake_reaper),
                        .events = sys.spawn(fake_events, std::move(log)),
                        .intake = intake,
                        .beats = sys.spawn(fake_beats),
                        .relays = sys.spawn(fake_relays)};
    gateway_setup setup;
    setup.attempt_key = "key";
    actor = sys.spawn(gateway, peers, setup, link, counters);
    caf::anon_send(actor, options_changed<gateway_options>{
                              make_gateway_options(config::settings{})});
    caf::anon_send(actor, options_changed<access_rules_ptr>{rules});
    http.listen = "127.0.0.1:0";
    edge_content content;
    content.metrics = std::make_shared<fixed_metrics>();
    content.page["/index.html"] = {"text/html; charset=utf-8", "<html>",
                                   "\"1\""};
    content.page["/assets/app.js"] = {"text/javascript", "go()", {}, true};
    front = std::make_unique<edge>(http, bind_edge(http), rules, actor, intake,
                                   content, counters, link);
    front->start();
  }

  ~service() {
    front->drain(5s);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
  }

  /// Sends bytes, then reads one answer.
  std::string exchange(const std::string& bytes) const {
    raw_socket socket{front->port()};
    socket.send(bytes);
    return socket.read_answer();
  }

  std::string send(const std::string& method, const std::string& target,
                   const std::string& body = {},
                   const std::string& headers =
                       "Authorization: Bearer run\r\n"
                       "Content-Type: application/json\r\n") const {
    return exchange(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n"
                    + headers + "Content-Length: " + std::to_string(body.size())
                    + "\r\n\r\n" + body);
  }

  std::string report(const std::string& body) const {
    return send("POST", status_path(), body);
  }

  static std::string status_path() {
    return "/internal/tasks/" + to_string(known) + "/status";
  }
};

} // namespace telltale::test
