#include "actors/system/service.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/spawn_options.hpp>
#include <spdlog/spdlog.h>

#include "actors/event_stream/event_stream.hpp"
#include "actors/failed_task_payload/failed_task_payload.hpp"
#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "actors/persistence/stores/chat_store.hpp"
#include "actors/persistence/stores/claim_dispatcher.hpp"
#include "actors/persistence/stores/deliveries.hpp"
#include "actors/persistence/stores/event_log.hpp"
#include "actors/persistence/stores/heartbeat_store.hpp"
#include "actors/persistence/stores/mute_store.hpp"
#include "actors/persistence/stores/redeliveries.hpp"
#include "actors/persistence/stores/replicas.hpp"
#include "actors/persistence/stores/report_store.hpp"
#include "actors/persistence/stores/retention_store.hpp"
#include "actors/persistence/stores/search_store.hpp"
#include "actors/persistence/stores/session_store.hpp"
#include "actors/persistence/stores/statistics.hpp"
#include "actors/persistence/stores/sweep_store.hpp"
#include "actors/persistence/stores/task_commands.hpp"
#include "actors/persistence/stores/task_queries.hpp"
#include "actors/reaper/reaper.hpp"
#include "actors/redaction/redaction.hpp"
#include "actors/relay/channels/channel.hpp"
#include "actors/relay/delivery/policy.hpp"
#include "actors/relay/relay.hpp"
#include "actors/status_intake/status_intake.hpp"
#include "actors/system/supervisor.hpp"
#include "actors/system/wiring.hpp"

namespace telltale {

void service::wiring::spawn_readiness() {
  // It has a store of its own: whatever it waited behind would look like a
  // database that does not answer.
  const auto checks = spawn_blocking<task_query_actor, task_query_state>(
      "readiness-store", [this, store = store_](auto* self) {
        return task_queries(self, make_pg_task_reader(store), counters_);
      });
  // The start has just migrated it.
  const store_checked known{.reachable = true,
                            .schema_version = newest_migration(),
                            .migrations_current = true};
  readiness_ = spawn_cooperative<readiness_actor, readiness_state>(
      "readiness", [this, checks, known](auto* self) {
        return readiness(self, checks, known, counters_);
      });
  store_.watcher = readiness_;
}

void service::wiring::spawn_redaction() {
  for (const auto& complaint :
       redaction_engine::complaints(settings_.redaction))
    throw std::invalid_argument{"redaction: " + complaint};
  for (const auto& warning : redaction_engine::warnings(settings_.redaction))
    spdlog::warn("redaction: {}", warning);
  const auto engine = std::make_shared<const redaction_engine>(
      settings_.redaction, deployment_key_);
  spdlog::info("redaction: the {} scanner", engine->scanner());
  const auto& mask_key = settings_.redaction.mask_key;
  const auto sealer = std::make_shared<const redact::mask_sealer>(
      mask_key.empty() ? deployment_key_ : mask_key.reveal());
  for (std::int64_t i = 0; i < settings_.redaction.workers; ++i)
    redactions_.push_back(spawn_cooperative<redaction_actor, redaction_state>(
        "redaction",
        [engine, counters = counters_, sealer](auto* self) {
          return redaction(self, engine, counters, sealer);
        },
        {keeps<options_changed<redaction_engine_ptr>>()}));
}

namespace {

chat_route route_of(const config::route_config& options) {
  const auto& match = options.match;
  chat_route result{
      {match.kind, match.reason, match.workspace_id, match.labels},
      {},
      options.continues};
  for (const auto& one : options.to) {
    auto& chat = result.to.emplace_back();
    chat.relay = one.relay;
    chat.chat_id = one.chat_id;
    chat.thread_id = one.thread_id;
    chat.channel_type = static_cast<std::int32_t>(one.channel_type);
    chat.locale = one.locale;
  }
  return result;
}

} // namespace

task_rules rules_of(const config::settings& settings) {
  task_rules rules{.lease = settings.tasks.lease,
                   .runner_silence = settings.reaper.runner_silence,
                   .retry = settings.retry,
                   .relays = {}};
  for (const auto& one : settings.routes)
    rules.routes.routes.push_back(route_of(one));
  for (const auto& [name, options] : settings.relays) {
    if (!options.default_chat.empty()) {
      auto& chat = rules.routes.default_chats.emplace_back();
      chat.relay = name;
      chat.chat_id = options.default_chat;
    }
    auto& target = rules.relays.emplace_back();
    target.relay = name;
    target.has_chats = options.type != "webhook";
    for (const auto& event : options.events)
      if (const auto type = parse_event_type(event))
        target.events.push_back(*type);
  }
  return rules;
}

/// failed_task_payload comes first, since all of them need it; it hears of them
/// when they are there.
void service::wiring::spawn_publication() {
  payload_ =
      spawn_cooperative<failed_task_payload_actor, failed_task_payload_state>(
          "failed-task-payload",
          [options = payload_options{.redaction = redactions_.front(),
                                     .public_url = settings_.http.public_url,
                                     .counters = counters_}](auto* self) {
            return failed_task_payload(self, options);
          },
          {keeps<options_changed<payload_peers>>()});
  log_ = spawn_blocking<event_log_actor, event_log_state>(
      "event-log", [this](auto* self) {
        return event_log(self, make_pg_event_log(store_));
      });
  deliveries_ = spawn_blocking<delivery_store_actor, deliveries_state>(
      "deliveries", [this](auto* self) {
        return deliveries(self, make_pg_deliveries(store_), payload_,
                          counters_);
      });
  redeliveries_ = spawn_blocking<redelivery_store_actor, redeliveries_state>(
      "redeliveries", [this](auto* self) {
        return redeliveries(self, make_pg_redeliveries(store_));
      });
  stream_ = spawn_cooperative<event_stream_actor, event_stream_state>(
      "event-stream", [this, options = settings_.events](auto* self) {
        return event_stream(self, payload_, options, counters_);
      });
  replicas_ = spawn_cooperative<replicas_actor, replicas_state>(
      "replicas",
      [this](auto* self) { return replicas(self, store_, stream_); },
      {keeps<options_changed<running_relays>>()});
  tell_relays();
}

void service::wiring::tell_relays() {
  caf::anon_send(replicas_,
                 options_changed<running_relays>{running_relays{relays_}});
  caf::anon_send(payload_, options_changed<payload_peers>{
                               payload_peers{.log = log_,
                                             .deliveries = deliveries_,
                                             .stream = stream_,
                                             .replicas = replicas_,
                                             .relays = relays_}});
}

std::shared_ptr<request_sender>
service::wiring::make_relay_sender(const std::string& name,
                                   const config::relay_config& options) {
  static_cast<void>(make_channel(name, options)); // or it throws
  return make_request_sender(clients_.make(client_options(options)));
}

void service::wiring::end_unconfigured_relays(
    const config::settings& settings) {
  configured_relays known;
  for (const auto& [name, options] : settings.relays)
    known.names.push_back(name);
  caf::anon_send(deliveries_, std::move(known));
}

void service::wiring::start_relay(
    const std::string& name, const config::relay_config& options,
    const std::shared_ptr<request_sender>& sender) {
  const auto characters =
      static_cast<std::size_t>(settings_.redaction.chat_characters);
  relays_[name] = spawn_cooperative<relay_actor, relay_state>(
      "relay-" + name, [this, name, options, sender, characters](auto* self) {
        return relay(
            self, name, options, make_channel(name, options), sender,
            relay_peers{payload_, deliveries_, redeliveries_, readiness_},
            counters_, characters);
      });
}

void service::wiring::spawn_relays() {
  for (const auto& [name, options] : settings_.relays)
    start_relay(name, options, make_relay_sender(name, options));
  tell_relays();
  end_unconfigured_relays(settings_);
}

namespace {

std::size_t writers_of(const config::database_config& options) {
  return std::max<std::size_t>(
      static_cast<std::size_t>(options.connections) / 2, 1);
}

} // namespace

std::size_t service::connections_needed(const config::settings& settings) {
  // One a store: those of readiness, events, deliveries, redeliveries, tasks'
  // commands, claims, heartbeats, sweeps, queries, retention, words,
  // statistics, chats, the page's sessions and mutes. And what listens to other
  // replicas.
  constexpr std::size_t others = 16;
  return others + writers_of(settings.database);
}

void service::wiring::spawn_stores_of_tasks() {
  const auto& database = settings_.database;
  const report_store_options options{
      .batch_max_rows = static_cast<std::uint32_t>(database.batch_max_rows),
      .batch_max_delay = database.batch_max_delay,
      .turn = std::make_shared<commit_turnstile>()};
  for (std::size_t writer = 0; writer < writers_of(database); ++writer)
    writers_.push_back(spawn_blocking<report_store_actor, report_store_state>(
        "report-store-" + std::to_string(writer),
        [this, options](auto* self) {
          return report_store(self, make_pg_report_writer(store_), payload_,
                              counters_, options);
        },
        {keeps<options_changed<task_rules_ptr>>()}));
  commands_ = spawn_blocking<task_commands_actor, task_commands_state>(
      "task-commands",
      [this](auto* self) {
        return task_commands(self, make_pg_task_commands(store_), payload_,
                             counters_);
      },
      {keeps<options_changed<task_rules_ptr>>()});
  claims_ = spawn_blocking<claim_dispatcher_actor, claim_dispatcher_state>(
      "claim-dispatcher",
      [this](auto* self) {
        return claim_dispatcher(self, make_pg_claims(store_), payload_,
                                counters_);
      },
      {keeps<options_changed<task_rules_ptr>>()});
  beats_ = spawn_blocking<heartbeat_store_actor, heartbeat_store_state>(
      "heartbeat-store",
      [this](auto* self) {
        return heartbeat_store(self, make_pg_heartbeats(store_), payload_,
                               counters_);
      },
      {keeps<options_changed<task_rules_ptr>>()});
  sweeps_ = spawn_blocking<sweep_store_actor, sweep_store_state>(
      "sweep-store",
      [this](auto* self) {
        return sweep_store(self, make_pg_sweeper(store_), payload_, counters_);
      },
      {keeps<options_changed<task_rules_ptr>>()});
  queries_ = spawn_blocking<task_query_actor, task_query_state>(
      "task-queries", [this](auto* self) {
        return task_queries(self, make_pg_task_reader(store_), counters_);
      });
  const auto old = spawn_blocking<retention_store_actor, retention_store_state>(
      "retention-store", [this](auto* self) {
        return retention_store(self, make_pg_retention(store_));
      });
  retention_ = spawn_cooperative<retention_actor, retention_state>(
      "retention",
      [this, old, options = settings_.retention](auto* self) {
        return retention(self, old, options, counters_);
      },
      {keeps<options_changed<retention_options_ptr>>()});
  const auto words = spawn_blocking<search_store_actor, search_store_state>(
      "search-store", [this](auto* self) {
        return search_store(self, make_pg_search(store_));
      });
  static_cast<void>(spawn_cooperative<search_actor, search_state>(
      "search",
      [this, words](auto* self) { return search(self, words, counters_); }));
  statistics_ = spawn_blocking<statistics_actor, statistics_state>(
      "statistics", [this](auto* self) {
        return statistics(self, make_pg_statistics(store_), counters_);
      });
  chats_ = spawn_blocking<chat_store_actor, chat_store_state>(
      "chat-store",
      [this](auto* self) {
        return chat_store(self, make_pg_chat_bindings(store_), counters_,
                          store_.rules.routes);
      },
      {keeps<options_changed<task_rules_ptr>>()});
  page_sessions_ = spawn_blocking<session_store_actor, session_store_state>(
      "session-store", [this](auto* self) {
        return session_store(self, make_pg_sessions(store_));
      });
  mutes_ = spawn_blocking<mute_store_actor, mute_store_state>(
      "mute-store", [this](auto* self) {
        return mute_store(self, make_pg_mutes(store_), counters_);
      });
}

void service::wiring::spawn_gateway_and_others(http::listener bound) {
  reaper_ = spawn_cooperative<reaper_actor, reaper_state>(
      "reaper",
      [this, options = settings_.reaper](auto* self) {
        return reaper(self, sweeps_, options, counters_);
      },
      {keeps<options_changed<reaper_options_ptr>>()});
  intake_ = spawn_cooperative<status_intake_actor, status_intake_state>(
      "status-intake", [this](auto* self) {
        return status_intake(self, redactions_, writers_, counters_);
      });
  spawn_gateway(std::move(bound));
}

service::service(const config::settings& settings, std::string database_url,
                 http::listener bound, fatal_mailbox_ptr fatal)
    : wiring_(std::make_unique<wiring>(settings, std::move(database_url),
                                       std::move(bound), std::move(fatal))) {}

service::~service() = default;

void service::start() {
  wiring_->start();
}

void service::reload(const config::settings& fresh) {
  wiring_->reload(fresh);
}

void service::drain() {
  wiring_->drain();
}

std::vector<std::string> service::end() {
  return wiring_->end_actors();
}

bool service::was_cut() const {
  return wiring_->was_cut();
}

std::uint16_t service::port() const {
  return wiring_->port();
}

} // namespace telltale
