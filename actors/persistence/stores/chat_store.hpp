#pragma once

#include <memory>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct chat_store_state {
  static inline const char* name = "chat-store";
  std::unique_ptr<chat_bindings> store;
  counter_board_ptr counters;
  chat_routing routes{}; ///< until others come
};

/// Which chat a chat session is bound to, and who is told of what no session
/// tells. Blocks in its store and is spawned
/// detached; an error of the store is the answer, since whoever asks knows
/// whether to ask again.
[[nodiscard]] chat_store_actor::behavior_type
chat_store(chat_store_actor::stateful_pointer<chat_store_state> self,
           std::unique_ptr<chat_bindings> store, counter_board_ptr counters,
           chat_routing routes);

} // namespace telltale
