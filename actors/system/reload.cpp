#include <map>
#include <memory>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
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
  // What can fail comes first. Then the old relays end and hand back what
  // they did not send, so that the new ones find it. What is committed in
  // between waits in the store: the new ones are told to look.
  std::map<std::string, std::shared_ptr<channel>> channels;
  const auto old = targets_->get();
  for (const auto& [name, options] : fresh.relays)
    if (!old->relays.contains(name) || options != settings_.relays.at(name))
      channels[name] = make_relay_channel(name, options);
  publication_targets targets;
  for (const auto& [name, handle] : old->relays) {
    if (fresh.relays.contains(name) && !channels.contains(name)) {
      targets.relays[name] = handle;
      continue;
    }
    end_front(caf::actor_cast<caf::actor>(handle));
    if (!fresh.relays.contains(name))
      forget_relay_metrics(*counters_, name);
  }
  for (const auto& hook : old->webhooks)
    if (targets.relays.contains(hook.relay))
      targets.webhooks.push_back(hook);
  for (const auto& [name, channel] : channels) {
    start_relay(name, fresh.relays.at(name), channel, targets);
    spdlog::info("relay {} runs with its new configuration", name);
  }
  replace_targets(std::move(targets));
  for (const auto& [name, channel] : channels)
    caf::anon_send(targets_->get()->relays.at(name), deliveries_due{});
}

void service::wiring::end_front(const caf::actor& before) {
  caf::scoped_actor self{actors_};
  self->send_exit(before, caf::exit_reason::user_shutdown);
  self->wait_for(before);
  std::erase_if(fronts_,
                [&](const auto& each) { return each.front == before; });
}

} // namespace telltale
