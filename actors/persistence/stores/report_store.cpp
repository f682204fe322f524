#include "actors/persistence/stores/report_store.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include <spdlog/spdlog.h>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/stores/fact_counts.hpp"

namespace telltale {

namespace {

using writer = report_store_actor::stateful_pointer<report_store_state>;

void flush_later(writer self, std::chrono::milliseconds delay) {
  auto& state = self->state;
  if (state.resting)
    return;
  if (delay.count() > 0)
    state.flush.bring_forward(self, self->clock().now() + delay);
  else if (!std::exchange(state.flush_pending, true))
    self->send(self, flush_reports{});
}

bool has_few(const report_store_state& state) {
  std::size_t rows = 0;
  for (const auto& entry : state.queue) {
    rows += entry.batch->size() - entry.taken;
    if (rows >= state.options.few)
      return false;
  }
  return true;
}

/// May this writer write now? If not, `flush_reports` or `flush_tick` come to
/// it.
bool take_turn(writer self, std::unique_ptr<commit_turnstile::permit>& turn) {
  auto& state = self->state;
  const auto& options = state.options;
  if (!options.turn)
    return true;
  const auto now = self->clock().now();
  const auto waited =
      state.waits_since && now - *state.waits_since >= options.longest_turn;
  turn =
      options.turn->take(report_store_actor{self}, waited || !has_few(state));
  if (turn) {
    state.waits_since.reset();
    return true;
  }
  if (!state.waits_since)
    state.waits_since = now;
  state.flush.bring_forward(self, *state.waits_since + options.longest_turn);
  return false;
}

/// Where the elements of a transaction came from, to go back there.
struct share {
  report_store_state::waiting* from = nullptr;
  std::size_t size = 0;
};

std::vector<pending_report> take_rows(report_store_state& state,
                                      std::vector<share>& shares) {
  std::vector<pending_report> rows;
  std::size_t free = state.options.batch_max_rows;
  for (auto& entry : state.queue) {
    if (free == 0)
      break;
    const auto size = std::min(free, entry.batch->size() - entry.taken);
    const auto first =
        entry.batch->begin() + static_cast<std::ptrdiff_t>(entry.taken);
    rows.insert(
        rows.end(), std::make_move_iterator(first),
        std::make_move_iterator(first + static_cast<std::ptrdiff_t>(size)));
    shares.push_back({&entry, size});
    free -= size;
  }
  return rows;
}

void give_back(std::vector<pending_report>& rows,
               const std::vector<share>& shares, bool settled) {
  auto row = rows.begin();
  for (const auto& part : shares) {
    const auto to = part.from->batch->begin()
                    + static_cast<std::ptrdiff_t>(part.from->taken);
    const auto end = row + static_cast<std::ptrdiff_t>(part.size);
    std::move(row, end, to);
    row = end;
    if (settled)
      part.from->taken += part.size;
  }
}

/// Reports that were masked with less than the store has go back, with what
/// was missing, in their order. A store that cannot tell fails them.
void mask_again(writer self, report_store_state::waiting& done) {
  auto& all = *done.batch;
  const auto unmasked = [](const pending_report& x) {
    return x.result == ec::masks_unknown;
  };
  if (!done.again || std::none_of(all.begin(), all.end(), unmasked))
    return;
  std::vector<task_id> tasks;
  for (const auto& pending : all)
    if (unmasked(pending))
      tasks.push_back(pending.ready.task);
  auto masks = self->state.store->masks(tasks);
  if (!masks) {
    for (auto& pending : all)
      if (unmasked(pending))
        pending.result = code_of(masks.error());
    return;
  }
  auto part = std::make_shared<std::vector<pending_report>>();
  const auto first =
      std::stable_partition(all.begin(), all.end(), std::not_fn(unmasked));
  std::move(first, all.end(), std::back_inserter(*part));
  all.erase(first, all.end());
  self->send(done.again,
             masks_missed{std::move(part), done.waiter, std::move(*masks)});
}

void answer(writer self, report_store_state::waiting done) {
  mask_again(self, done);
  if (!done.batch->empty())
    self->send(done.waiter, reports_settled{std::move(done.batch)});
}

/// Answers all batches from the front on that are settled.
void answer_settled(writer self) {
  auto& queue = self->state.queue;
  while (!queue.empty() && queue.front().taken == queue.front().batch->size()) {
    auto done = std::move(queue.front());
    queue.pop_front();
    answer(self, std::move(done));
  }
}

/// Answers what is left of an entry with an error.
void answer_failed(writer self, report_store_state::waiting entry, ec code) {
  for (auto i = entry.taken; i < entry.batch->size(); ++i)
    (*entry.batch)[i].result = code;
  answer(self, std::move(entry));
}

/// The database is away or full: whoever waited long enough hears of it.
void give_up_overdue(writer self, ec code) {
  auto& queue = self->state.queue;
  const auto now = self->clock().now();
  while (!queue.empty() && queue.front().deadline <= now) {
    auto overdue = std::move(queue.front());
    queue.pop_front();
    answer_failed(self, std::move(overdue), code);
  }
}

void fail_rows(std::vector<pending_report>& rows, ec code) {
  for (auto& row : rows)
    row.result = code;
}

void on_commit_reports(writer self, commit_reports& what) {
  auto& state = self->state;
  if (!what.batch || what.batch->empty())
    return;
  state.queue.push_back({std::move(what.batch), std::move(what.waiter),
                         self->clock().now() + state.options.patience, 0,
                         std::move(what.again)});
  flush_later(self, state.options.batch_max_delay);
}

void write(writer self) {
  auto& state = self->state;
  if (state.queue.empty())
    return;
  std::unique_ptr<commit_turnstile::permit> turn;
  if (!take_turn(self, turn))
    return;
  std::vector<share> shares;
  auto rows = take_rows(state, shares);
  auto facts = state.store->apply(rows);
  turn.reset();
  if (!facts && is_of_database(code_of(facts.error()))) {
    give_back(rows, shares, false);
    give_up_overdue(self, code_of(facts.error()));
    if (!state.queue.empty()) {
      state.resting = true;
      state.flush.bring_forward(self, self->clock().now()
                                          + state.options.retry_every);
    }
    return;
  }
  state.counters->add(counter::report_batches_total);
  if (facts) {
    count_facts(*state.counters, *facts);
    if (!facts->empty())
      self->send(state.listener, events_committed{std::move(*facts)});
  } else {
    spdlog::error("a batch of {} reports failed: {}", rows.size(),
                  explain(facts.error()));
    fail_rows(rows, code_of(facts.error()));
  }
  give_back(rows, shares, true);
  answer_settled(self);
  if (!state.queue.empty())
    flush_later(self, std::chrono::milliseconds{0});
}

void on_flush_reports(writer self) {
  self->state.flush_pending = false;
  if (!self->state.resting)
    write(self);
}

void on_flush_tick(writer self) {
  if (!self->state.flush.fired(self))
    return;
  self->state.resting = false;
  write(self);
}

} // namespace

report_store_actor::behavior_type
report_store(writer self, std::unique_ptr<report_writer> store,
             failed_task_payload_actor listener, counter_board_ptr counters,
             report_store_options options) {
  auto& state = self->state;
  state.store = std::move(store);
  state.listener = std::move(listener);
  state.counters = std::move(counters);
  state.options = options;
  state.flush.observe(state.counters, report_store_state::name);
  state.options.batch_max_rows =
      std::max<std::uint32_t>(options.batch_max_rows, 1);
  return {
      [self](commit_reports& what) { on_commit_reports(self, what); },
      [self](flush_reports) { on_flush_reports(self); },
      [self](flush_tick) { on_flush_tick(self); },
      [self](const options_changed<task_rules_ptr>& fresh) {
        self->state.store->use(*fresh.options);
      },
  };
}

} // namespace telltale
