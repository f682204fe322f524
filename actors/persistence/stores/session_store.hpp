#pragma once

#include <memory>

#include "actors/persistence/store.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct session_store_state {
  static inline const char* name = "session-store";
  std::unique_ptr<session_list> store;
};

/// Who has signed in to the page. Blocks in its store and is spawned detached;
/// an error of the store is the answer, since whoever asks knows whether to ask
/// again.
[[nodiscard]] session_store_actor::behavior_type
session_store(session_store_actor::stateful_pointer<session_store_state> self,
              std::unique_ptr<session_list> store);

} // namespace telltale
