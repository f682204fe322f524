#pragma once

#include <deque>
#include <memory>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "messages/protocols.hpp"

namespace telltale::test {

/// The key that the scripted store gives a message of so many deliveries.
inline delivery_id scripted_key(std::size_t deliveries) {
  delivery_id key;
  key.value.bytes[0] = 0xd1;
  key.value.bytes[15] = static_cast<std::uint8_t>(deliveries);
  return key;
}

/// What the delivery store was asked and is to answer.
struct store_script {
  std::deque<deliveries_taken> to_take;
  std::vector<take_deliveries> takes;
  std::vector<delivery_result> results;
  std::vector<std::vector<delivery_id>> gathered;
  std::vector<renew_leases> renewed;
  int records = 0; ///< how often some were recorded
  backlog_read backlog;
  std::vector<std::string> disabled; ///< why, as it was recorded
  std::string disabled_now;          ///< what a take answers
  bool broken = false;
};

/// What a relay is given of failed_task_payload.
inline failed_task_payload_actor::behavior_type
scripted_payloads(failed_task_payload_actor::pointer,
                  std::shared_ptr<store_script> script) {
  return {
      [](const events_committed&) {},
      [script](
          const take_deliveries& request) -> caf::result<deliveries_taken> {
        script->takes.push_back(request);
        if (script->broken)
          return make_error(ec::database_unavailable);
        deliveries_taken next;
        if (!script->to_take.empty()) {
          next = std::move(script->to_take.front());
          script->to_take.pop_front();
        }
        next.disabled = script->disabled_now;
        return next;
      },
      [](const read_events&) { return events_read{}; },
      [](const envelopes_wanted&) {},
      [](const options_changed<payload_peers>&) {},
  };
}

inline delivery_store_actor::behavior_type
scripted_store(delivery_store_actor::pointer,
               std::shared_ptr<store_script> script) {
  return {
      [](const take_deliveries&) { return deliveries_leased{}; },
      [script](const renew_leases& request) -> caf::result<leases_renewed> {
        if (script->broken)
          return make_error(ec::database_unavailable);
        script->renewed.push_back(request);
        return leases_renewed{};
      },
      [script](const gather_deliveries& request)
          -> caf::result<deliveries_gathered> {
        if (script->broken)
          return make_error(ec::database_unavailable);
        deliveries_gathered answer;
        for (const auto& message : request.messages) {
          script->gathered.push_back(message);
          answer.keys.push_back(scripted_key(message.size()));
        }
        return answer;
      },
      [script](const record_deliveries& request)
          -> caf::result<deliveries_recorded> {
        if (script->broken)
          return make_error(ec::database_unavailable);
        if (!request.disabled.empty()) {
          script->disabled.push_back(request.disabled);
          script->disabled_now = request.disabled;
        }
        ++script->records;
        script->results.insert(script->results.end(), request.results.begin(),
                               request.results.end());
        return deliveries_recorded{
            static_cast<std::uint32_t>(request.results.size())};
      },
      [](const configured_relays&) { return unconfigured_ended{}; },
  };
}

inline redelivery_store_actor::behavior_type
scripted_redeliveries(redelivery_store_actor::pointer,
                      std::shared_ptr<store_script> script) {
  return {
      [](const redeliver&) -> caf::result<redelivery_queued> {
        return make_error(ec::delivery_not_found);
      },
      [](const redeliver_dead&) { return dead_requeued{}; },
      [script](const read_backlog&) { return script->backlog; },
  };
}

} // namespace telltale::test
