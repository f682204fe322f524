#include "actors/search/search.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace telltale {

namespace {

using pointer = search_actor::stateful_pointer<search_state>;

void rest(pointer self, caf::actor_clock::duration_type how_long) {
  self->state.next.bring_forward(self, self->clock().now() + how_long);
}

void on_missing(pointer self) {
  auto& state = self->state;
  if (!state.told_missing)
    spdlog::warn("searches read every task: the database has no extension "
                 "pg_trgm for this role; to make them fast, let its owner run "
                 "CREATE EXTENSION pg_trgm in the service's database");
  state.told_missing = true;
  rest(self, search_state::every_if_missing);
}

void on_indexed(pointer self, const words_indexed& done,
                caf::actor_clock::duration_type took) {
  auto& state = self->state;
  if (done.state == word_index::missing) {
    on_missing(self);
    return;
  }
  state.told_missing = false;
  state.told_failed = false;
  state.indexed += done.indexed;
  if (done.more) {
    rest(self, rest_after(done, took));
    return;
  }
  // One batch is a day's work; more is a table that was new or far behind.
  if (state.indexed > search_state::batch)
    spdlog::info("the words of {} tasks were indexed", state.indexed);
  state.indexed = 0;
  rest(self, search_state::every);
}

void on_index_now(pointer self) {
  if (!self->state.next.fired(self))
    return;
  const auto began = self->clock().now();
  self->request(self->state.store, caf::infinite,
                index_words{search_state::batch})
      .then(
          [=](const words_indexed& done) {
            on_indexed(self, done, self->clock().now() - began);
          },
          [=](const caf::error& error) {
            if (!std::exchange(self->state.told_failed, true))
              spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                                         : spdlog::level::warn,
                          "the words of finished tasks could not be indexed, "
                          "searches stay right and become slower until that "
                          "works again: {}",
                          explain(error));
            rest(self, search_state::every);
          });
}

} // namespace

caf::actor_clock::duration_type
rest_after(const words_indexed& done, caf::actor_clock::duration_type took) {
  const auto once = std::max<caf::actor_clock::duration_type>(
      took, search_state::shortest_rest);
  return done.contended ? search_state::rests_if_contended * once : once;
}

search_actor::behavior_type
search(search_actor::stateful_pointer<search_state> self,
       search_store_actor store, counter_board_ptr counters) {
  self->state.store = std::move(store);
  self->state.next.observe(std::move(counters), search_state::name);
  rest(self, search_state::every);
  return {[=](const index_now&) { on_index_now(self); }};
}

} // namespace telltale
