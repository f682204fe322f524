#include <algorithm>
#include <iterator>
#include <vector>

#include <spdlog/spdlog.h>

#include "actors/relay/delivery/policy.hpp"
#include "actors/relay/delivery/relay_steps.hpp"
#include "messages/error.hpp"

namespace telltale::relay_steps {

namespace {

using namespace std::chrono_literals;

/// What is recorded by then is recorded before the lease ends.
constexpr std::chrono::milliseconds put_back_before = 1s;

steady_time lease_of(const relay_state& state, const delivery_id& id) {
  const auto found = state.leases.find(id);
  return found == state.leases.end() ? steady_time::max() : found->second;
}

/// Deliveries of one message were leased together.
steady_time lease_of(const relay_state& state, const ready_message& message) {
  return lease_of(state, message.deliveries.front());
}

/// A send that starts now may take longer than what is left.
bool is_short(const relay_state& state, steady_time until, steady_time now) {
  return until - now < delivery_lease(state.options) - longest_held;
}

void on_renewed(self_pointer self, const std::vector<delivery_id>& renewed,
                steady_time until) {
  auto& state = self->state;
  state.renewing = false;
  for (const auto& id : renewed)
    if (const auto found = state.leases.find(id); found != state.leases.end())
      found->second = std::max(found->second, until);
  step(self);
}

void on_renew_failed(self_pointer self, const caf::error& error) {
  auto& state = self->state;
  spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                             : spdlog::level::warn,
              "relay {}: no longer leases to be had for what is being sent: {}",
              state.relay, explain(error));
  state.renewing = false;
  state.renew_at = now_of(self) + store_pause;
  step(self);
}

/// False: it was held before, and is for longer now.
bool hold(relay_state& state, const notice& one) {
  return state.leases.insert_or_assign(one.id, one.leased_until).second;
}

} // namespace

std::vector<notice> hold_leases(relay_state& state, std::vector<notice> due,
                                steady_time now) {
  std::vector<notice> ours;
  for (auto& one : due) {
    if (one.leased_until <= now) {
      // It waited too long on its way here, and may be somebody else's.
      state.wanted = state.waits_in_store = true;
    } else if (!hold(state, one)) {
      // Its lease ran out and was given anew while it waits here, is under way,
      // or its end is not recorded: it is not made twice.
      continue;
    } else if (state.queues.contains(queue_of(one))) {
      // Its chat is being told something else, which whoever leased it could
      // not know of.
      state.unrecorded.push_back(put_back(one.id, 0ms, {}));
    } else {
      ours.push_back(std::move(one));
    }
  }
  return ours;
}

steady_time lease_of(const relay_state& state, const chat_queue& where) {
  auto soonest = steady_time::max();
  for (const auto& message : where.waiting)
    soonest = std::min(soonest, lease_of(state, message));
  return soonest;
}

bool ends_soon(steady_time until, steady_time now) {
  return until != steady_time::max() && until - now <= put_back_before;
}

void want_step_before(relay_state& state, steady_time until) {
  if (until != steady_time::max())
    want_step(state, until - put_back_before);
}

void note_leases(relay_state& state) {
  for (auto& result : state.unrecorded)
    result.leased_until = lease_of(state, result.id);
}

void forget_leases(relay_state& state,
                   const std::vector<delivery_result>& recorded) {
  for (const auto& result : recorded)
    if (state.taking && result.state != delivery_state::pending)
      state.ended.push_back(result.id);
    else
      state.leases.erase(result.id);
}

void forget_ended(relay_state& state) {
  for (const auto& id : state.ended)
    state.leases.erase(id);
  state.ended.clear();
}

void let_go(relay_state& state, const chat_queue& what) {
  for (const auto& message : what.waiting)
    for (const auto& id : message.deliveries)
      state.leases.erase(id);
  state.wanted = state.waits_in_store = true;
}

void renew(self_pointer self) {
  auto& state = self->state;
  if (state.renewing)
    return;
  const auto now = now_of(self);
  renew_leases request{state.relay, {}, delivery_lease(state.options)};
  for (const auto& [key, sent] : state.under_way) {
    const auto& message = state.queues.at(sent.queue).waiting.front();
    const auto until = lease_of(state, message);
    if (until != steady_time::max() && is_short(state, until, now))
      std::ranges::copy(message.deliveries,
                        std::back_inserter(request.deliveries));
  }
  if (request.deliveries.empty())
    return;
  if (now < state.renew_at) {
    want_step(state, state.renew_at);
    return;
  }
  state.renewing = true;
  const auto until = now + request.lease;
  auto renewed = request.deliveries;
  self->request(state.peers.deliveries, caf::infinite, std::move(request))
      .then([self, until, renewed = std::move(renewed)](
                const leases_renewed&) { on_renewed(self, renewed, until); },
            [self](const caf::error& error) { on_renew_failed(self, error); });
}

} // namespace telltale::relay_steps
