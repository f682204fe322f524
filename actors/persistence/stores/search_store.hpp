#pragma once

#include <memory>

#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct search_store_state {
  static inline const char* name = "search-store";
  std::unique_ptr<word_indexer> store;
};

/// Writes the index of words. Blocks in its store and is spawned detached; an
/// error of the store is the answer, since whoever asks knows whether to ask
/// again.
[[nodiscard]] search_store_actor::behavior_type
search_store(search_store_actor::stateful_pointer<search_store_state> self,
             std::unique_ptr<word_indexer> store);

} // namespace telltale
