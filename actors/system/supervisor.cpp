#include "actors/system/supervisor.hpp"

#include <typeinfo>

#include <caf/delegated.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <cxxabi.h>
#include <spdlog/spdlog.h>

namespace telltale {

namespace {

std::string type_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& problem) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable{
        abi::__cxa_demangle(typeid(problem).name(), nullptr, nullptr, &status),
        std::free};
    return status == 0 ? readable.get() : typeid(problem).name();
  } catch (...) {
    return "unknown exception";
  }
}

void start_child(caf::stateful_actor<supervisor_state>* self) {
  auto& state = self->state;
  state.child = state.factory->start();
  self->monitor(state.child);
  for (const auto& each : state.kept)
    if (!each.newest.empty())
      state.child->enqueue(nullptr, caf::make_message_id(), each.newest,
                           self->context());
}

/// Unless another actor bears the same name by now: a relay that a reload has
/// changed.
void forget_series(const supervisor_state& state) {
  if (state.passed.use_count() > 1)
    return;
  for (const auto id : {counter::actor_messages_total, counter::timers,
                        counter::actor_restarts_total})
    state.counters->forget(id, state.actor_name);
}

void on_child_down(caf::stateful_actor<supervisor_state>* self,
                   const caf::down_msg& down) {
  auto& state = self->state;
  if (down.source != state.child.address())
    return;
  if (state.ending || down.reason == caf::exit_reason::user_shutdown) {
    forget_series(state);
    self->quit(state.ending.value_or(down.reason));
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const auto explanation = self->system().render(down.reason);
  state.counters->add(counter::actor_restarts_total, state.actor_name);
  if (!may_restart(state.crashes, now, state.limit)) {
    state.fatal->post("the actor '" + state.actor_name + "' crashed "
                      + std::to_string(state.crashes.size()) + " times within "
                      + std::to_string(state.limit.within.count())
                      + " s; last: " + explanation);
    self->quit(caf::exit_reason::unhandled_exception);
    return;
  }
  spdlog::error("the actor '{}' crashed ({}) and was started again",
                state.actor_name, explanation);
  start_child(self);
}

caf::result<caf::message> pass_on(caf::stateful_actor<supervisor_state>* self,
                                  caf::message_view& view) {
  auto sender = self->current_sender();
  const auto id = self->current_message_id();
  auto what = view.move_content_to_message();
  self->state.passed->fetch_add(1, std::memory_order_relaxed);
  for (auto& each : self->state.kept)
    if (each.is_of_kind(what))
      each.newest = what;
  self->state.child->enqueue(std::move(sender), id, std::move(what),
                             self->context());
  return caf::delegated<caf::message>{};
}

} // namespace

bool may_restart(std::deque<std::chrono::steady_clock::time_point>& crashes,
                 std::chrono::steady_clock::time_point now,
                 const restart_limit& limit) {
  while (!crashes.empty() && now - crashes.front() > limit.within)
    crashes.pop_front();
  crashes.push_back(now);
  return crashes.size() < limit.crashes;
}

caf::behavior supervisor(caf::stateful_actor<supervisor_state>* self,
                         std::string actor_name, actor_factory_ptr factory,
                         fatal_mailbox_ptr fatal, counter_board_ptr counters,
                         restart_limit limit, std::vector<message_test> kept) {
  self->state = supervisor_state{.actor_name = std::move(actor_name),
                                 .factory = std::move(factory),
                                 .fatal = std::move(fatal),
                                 .counters = std::move(counters),
                                 .limit = limit,
                                 .child = {},
                                 .crashes = {},
                                 .passed = {},
                                 .ending = {},
                                 .kept = {}};
  for (const auto test : kept)
    self->state.kept.push_back({test, {}});
  self->state.passed = self->state.counters->cell(counter::actor_messages_total,
                                                  self->state.actor_name);
  self->set_down_handler(
      [self](const caf::down_msg& down) { on_child_down(self, down); });
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    self->state.ending = exit.reason;
    self->send_exit(self->state.child, exit.reason);
  });
  self->set_default_handler(
      [self](caf::scheduled_actor*, caf::message_view& view) {
        return pass_on(self, view);
      });
  start_child(self);
  // A behaviour that matches nothing: everything takes the default way.
  return {[](caf::unit_t) {}};
}

void install_guards(caf::scheduled_actor* self, const std::string& actor_name) {
  self->set_exception_handler(
      [actor_name](caf::scheduled_actor*, std::exception_ptr& thrown) {
        spdlog::error("the actor '{}' met an exception of type {}", actor_name,
                      type_of(thrown));
        return caf::error{caf::exit_reason::unhandled_exception};
      });
  self->set_default_handler(
      [actor_name](caf::scheduled_actor*,
                   caf::message_view&) -> caf::result<caf::message> {
        spdlog::warn("the actor '{}' got a message it does not know",
                     actor_name);
        return caf::sec::unexpected_message;
      });
}

} // namespace telltale
