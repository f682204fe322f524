#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/spawn_options.hpp>

#include "actors/gateway/edge/edge.hpp"
#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "actors/readiness/readiness.hpp"
#include "actors/reaper/reaper.hpp"
#include "actors/redaction/engine.hpp"
#include "actors/relay/channels/channel.hpp"
#include "actors/retention/retention.hpp"
#include "actors/search/search.hpp"
#include "actors/system/service.hpp"
#include "actors/system/supervisor.hpp"
#include "http/client_closer.hpp"

namespace telltale {

/// CAF with our scheduler: see docs/adr/0001.
class actor_settings : public caf::actor_system_config {
public:
  explicit actor_settings(const config::caf_config& options) {
    const auto workers =
        options.scheduler_threads > 0
            ? static_cast<std::size_t>(options.scheduler_threads)
            : std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
    set("scheduler.policy", caf::atom_from_string(options.scheduler_policy));
    set("scheduler.max-threads", workers);
  }
};

/// What the rules of tasks are by the configuration.
[[nodiscard]] task_rules rules_of(const config::settings& settings);

/// The actors of one service and how they hang together. One thread, the
/// owner's; what the actors share is safe by itself.
class service::wiring {
public:
  /// Whatever fails here, the destructor runs: the constructor that it calls
  /// has made the object whole. It ends the actors that were spawned before the
  /// members go which they use.
  wiring(const config::settings& settings, std::string url,
         http::listener bound, fatal_mailbox_ptr fatal)
      : wiring(no_actors{}, settings, std::move(url), std::move(fatal)) {
    bound.listen();
    spawn_readiness();
    spawn_redaction();
    spawn_publication();
    spawn_relays();
    spawn_stores_of_tasks();
    spawn_gateway_and_others(std::move(bound));
  }

  wiring(const wiring&) = delete;
  wiring& operator=(const wiring&) = delete;

  ~wiring() {
    static_cast<void>(end_actors());
    store_.watcher = nullptr; // before the actor system
  }

  void start() { edge_->start(); }

  void reload(const config::settings& fresh); // reload.cpp

  void drain() {
    drained_by_ =
        std::chrono::steady_clock::now() + settings_.http.drain_timeout;
    edge_->drain(settings_.http.drain_timeout);
  }

  /// Names of those that did not end.
  std::vector<std::string> end_actors();

  [[nodiscard]] bool was_cut() const { return store_.sockets->cut(); }

  [[nodiscard]] std::uint16_t port() const { return edge_->port(); }

private:
  struct no_actors {};

  wiring(no_actors, const config::settings& settings, std::string url,
         fatal_mailbox_ptr fatal)
      : settings_(settings), fatal_(std::move(fatal)),
        deployment_key_(load_or_make_tag_key(url)), store_{.url =
                                                               std::move(url)},
        actors_config_(settings.caf), actors_(actors_config_) {
    store_.statement_timeout = settings.database.statement_timeout;
    store_.rules = rules_of(settings);
    store_.counters = counters_;
  }

  /// An actor's supervisor and what it is called.
  struct supervised_actor {
    std::string actor_name;
    caf::actor handle;
  };

  /// Puts a supervisor before an actor and keeps it for the stop.
  template <class Handle, class Start>
  Handle supervised(const std::string& actor_name, Start start,
                    std::vector<message_test> kept = {}) {
    auto before = actors_.spawn(supervisor, actor_name,
                                make_actor_factory(std::move(start)), fatal_,
                                counters_, restart_limit{}, std::move(kept));
    supervised_.push_back({actor_name, before});
    return caf::actor_cast<Handle>(before);
  }

  /// An actor that works on the scheduler.
  template <class Handle, class State, class Body>
  Handle spawn_cooperative(const std::string& actor_name, Body body,
                           std::vector<message_test> kept = {}) {
    return supervised<Handle>(
        actor_name,
        [this, actor_name, body] {
          return actors_.spawn(
              [actor_name,
               body](typename Handle::template stateful_pointer<State> self) {
                install_guards(self, actor_name);
                return body(self);
              });
        },
        std::move(kept));
  }

  /// An actor that blocks, on a thread of its own.
  template <class Handle, class State, class Body>
  Handle spawn_blocking(const std::string& actor_name, Body body,
                        std::vector<message_test> kept = {}) {
    return supervised<Handle>(
        actor_name,
        [this, actor_name, body] {
          return actors_.template spawn<caf::detached>(
              [actor_name,
               body](typename Handle::template stateful_pointer<State> self) {
                install_guards(self, actor_name);
                return body(self);
              });
        },
        std::move(kept));
  }

  void spawn_readiness();
  void spawn_redaction();
  void spawn_publication();
  void spawn_relays();
  /// Tells those who send to relays which there are.
  void tell_relays();
  /// Throws if the options make no channel, or their authorities cannot be
  /// read.
  [[nodiscard]] std::shared_ptr<request_sender>
  make_relay_sender(const std::string& name,
                    const config::relay_config& options);
  void start_relay(const std::string& name, const config::relay_config& options,
                   const std::shared_ptr<request_sender>& sender);
  /// What waits for relays that nobody configured any more is dead.
  void end_unconfigured_relays(const config::settings& settings);
  /// Tells all who write tasks.
  void tell_rules(const task_rules& rules);
  void change_relays(const config::settings& fresh);
  void end_supervised(const caf::actor& before);
  void spawn_stores_of_tasks();
  void spawn_gateway_and_others(http::listener bound);
  void spawn_gateway(http::listener bound); // start_gateway.cpp
  [[nodiscard]] access_rules_ptr
  make_access_rules(const config::settings& from) const;
  void tell_gateway_options(const config::settings& now);

  /// The key behind claims' own tokens: not the tags' key itself.
  [[nodiscard]] std::string attempt_key() const {
    return "attempt:" + deployment_key_;
  }

  config::settings settings_;
  fatal_mailbox_ptr fatal_; ///< to the owner of the stop
  std::string deployment_key_;
  counter_board_ptr counters_ = std::make_shared<counter_board>();
  pg_options store_;
  http::client_closer clients_; ///< of the relays; before the actors
  actor_settings actors_config_;
  caf::actor_system actors_;
  std::vector<supervised_actor> supervised_;  ///< in the order of their start
  std::map<std::string, relay_actor> relays_; ///< by name

  std::chrono::steady_clock::time_point drained_by_{}; ///< once it stops
  readiness_actor readiness_;
  event_log_actor log_;
  delivery_store_actor deliveries_;
  redelivery_store_actor redeliveries_;
  replicas_actor replicas_;
  mute_store_actor mutes_;
  std::vector<redaction_actor> redactions_;
  retention_actor retention_;
  event_stream_actor stream_;
  failed_task_payload_actor payload_;
  std::vector<report_store_actor> writers_;
  task_commands_actor commands_;
  claim_dispatcher_actor claims_;
  heartbeat_store_actor beats_;
  sweep_store_actor sweeps_;
  task_query_actor queries_;
  statistics_actor statistics_;
  chat_store_actor chats_;
  session_store_actor page_sessions_;
  reaper_actor reaper_;
  status_intake_actor intake_;
  gateway_actor gateway_;
  std::unique_ptr<edge> edge_;
};

} // namespace telltale
