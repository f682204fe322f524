#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/relay/channel.hpp"
#include "actors/relay/relay.hpp"
#include "actors/system/wiring.hpp"

// What a running service takes over from a changed configuration.

namespace telltale {

std::vector<std::string> service::objections(const config::settings& fresh) {
  auto found = redaction_engine::complaints(fresh.redaction);
  for (auto& complaint : found)
    complaint = "redaction: " + complaint;
  for (const auto& [name, options] : fresh.relays) {
    try {
      const auto client =
          std::make_shared<http::client>(client_options(options));
      static_cast<void>(make_channel(name, options, client));
    } catch (const std::exception& problem) {
      found.push_back("relays." + name + ": " + problem.what());
    }
  }
  return found;
}

void service::wiring::reload(const config::settings& fresh) {
  if (fresh.redaction != settings_.redaction)
    engine_->replace(std::make_shared<const redaction_engine>(fresh.redaction,
                                                              deployment_key_));
  store_.rules->replace(rules_of(fresh));
  reaper_options_->replace(fresh.reaper);
  retention_options_->replace(fresh.retention);
  edge_->replace_access(access_rules{fresh.auth, attempt_key()});
  change_relays(fresh);
  settings_ = fresh;
}

void service::wiring::change_relays(const config::settings& fresh) {
  // New deliveries go to the new targets before the old ones end. What an old
  // relay had in hand is leased: the new one takes it when the lease is over,
  // and sends it with the same key.
  const auto old = targets_->get();
  publication_targets targets;
  std::vector<caf::actor> ended;
  for (const auto& [name, handle] : old->relays) {
    const auto now = fresh.relays.find(name);
    if (now != fresh.relays.end() && now->second == settings_.relays.at(name))
      targets.relays[name] = handle;
    else
      ended.push_back(caf::actor_cast<caf::actor>(handle));
  }
  for (const auto& hook : old->webhooks)
    if (targets.relays.contains(hook.relay))
      targets.webhooks.push_back(hook);
  for (const auto& [name, options] : fresh.relays)
    if (!targets.relays.contains(name)) {
      start_relay(name, options, targets);
      spdlog::info("relay {} runs with its new configuration", name);
    }
  replace_targets(std::move(targets));
  for (const auto& before : ended)
    end_front(before);
}

void service::wiring::end_front(const caf::actor& before) {
  caf::scoped_actor self{actors_};
  self->send_exit(before, caf::exit_reason::user_shutdown);
  self->wait_for(before);
  std::erase_if(fronts_,
                [&](const auto& each) { return each.front == before; });
}

} // namespace telltale
