#include "actors/persistence/stores/chat_store.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/lifecycle/routes.hpp"
#include "actors/persistence/lifecycle/targets.hpp"
#include "actors/persistence/stores/store_answers.hpp"

namespace telltale {

chat_store_actor::behavior_type
chat_store(chat_store_actor::stateful_pointer<chat_store_state> self,
           std::unique_ptr<chat_bindings> store, counter_board_ptr counters,
           chat_routing routes) {
  self->state = {std::move(store), std::move(counters), std::move(routes)};
  auto* port = self->state.store.get();
  return {
      [=](const bind_chat& what) { return pass(port->bind(what)); },
      [=](const unbind_chat& what) { return pass(port->unbind(what)); },
      [=](const list_chats& what) {
        return read_if_wanted(self, "list_chats", what,
                              [&] { return port->list(what); });
      },
      [=](const ask_routes& what) -> caf::result<routes_told> {
        const auto& rules = self->state.routes;
        routes_told answer{rules, {}};
        if (!what.task)
          return answer;
        std::optional<chat_binding> bound;
        if (what.session) {
          list_chats question;
          question.session = what.session;
          const auto found = port->list(question);
          if (!found)
            return found.error();
          if (!found->bindings.empty())
            bound = found->bindings.front();
        }
        answer.tells = tells_of(choose_chats(*what.task, bound, rules));
        return answer;
      },
      [=](const options_changed<task_rules_ptr>& fresh) {
        self->state.routes = fresh.options->routes;
      },
  };
}

} // namespace telltale
