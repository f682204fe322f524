#include <map>
#include <memory>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/relay/channels/channel.hpp"
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
      static_cast<void>(make_channel(name, options));
      static_cast<void>(
          std::make_shared<http::client>(client_options(options)));
    } catch (const std::exception& problem) {
      found.push_back("relays." + name + ": " + problem.what());
    }
  }
  return found;
}

void service::wiring::reload(const config::settings& fresh) {
  if (fresh.redaction != settings_.redaction) {
    const auto engine = std::make_shared<const redaction_engine>(
        fresh.redaction, deployment_key_);
    for (const auto& one : redactions_)
      caf::anon_send(one, options_changed<redaction_engine_ptr>{engine});
  }
  tell_rules(rules_of(fresh));
  caf::anon_send(reaper_, options_changed<reaper_options_ptr>{
                              std::make_shared<const config::reaper_config>(
                                  fresh.reaper)});
  caf::anon_send(
      retention_,
      options_changed<retention_options_ptr>{
          std::make_shared<const config::retention_config>(fresh.retention)});
  caf::anon_send(gateway_,
                 options_changed<access_rules_ptr>{make_access_rules(fresh)});
  change_relays(fresh);
  tell_gateway_options(fresh);
  settings_ = fresh;
}

void service::wiring::tell_rules(const task_rules& rules) {
  const options_changed<task_rules_ptr> news{
      std::make_shared<const task_rules>(rules)};
  for (const auto& writer : writers_)
    caf::anon_send(writer, news);
  caf::anon_send(commands_, news);
  caf::anon_send(claims_, news);
  caf::anon_send(beats_, news);
  caf::anon_send(sweeps_, news);
  caf::anon_send(chats_, news);
}

void service::wiring::change_relays(const config::settings& fresh) {
  // What can fail comes first. Then the old relays end and put back what
  // they did not send, so that the new ones find it. What is committed in
  // between waits in the store: the new ones look as they start.
  std::map<std::string, std::shared_ptr<request_sender>> senders;
  for (const auto& [name, options] : fresh.relays)
    if (!relays_.contains(name) || options != settings_.relays.at(name))
      senders[name] = make_relay_sender(name, options);
  std::map<std::string, relay_actor> old;
  for (const auto& [name, relay] : relays_)
    if (!fresh.relays.contains(name) || senders.contains(name))
      old.emplace(name, relay);
  for (const auto& [name, relay] : old)
    relays_.erase(name);
  if (!old.empty())
    tell_relays(); // nothing is sent any more to those that end
  for (const auto& [name, relay] : old) {
    end_supervised(caf::actor_cast<caf::actor>(relay));
    if (!fresh.relays.contains(name))
      forget_relay_metrics(*counters_, name);
  }
  for (const auto& [name, sender] : senders) {
    start_relay(name, fresh.relays.at(name), sender);
    spdlog::info("relay {} runs with its new configuration", name);
  }
  if (!senders.empty())
    tell_relays();
  end_unconfigured_relays(fresh);
}

void service::wiring::end_supervised(const caf::actor& before) {
  caf::scoped_actor self{actors_};
  self->send_exit(before, caf::exit_reason::user_shutdown);
  self->wait_for(before);
  std::erase_if(supervised_,
                [&](const auto& each) { return each.handle == before; });
}

} // namespace telltale
