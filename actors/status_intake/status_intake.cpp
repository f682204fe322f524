#include "actors/status_intake/status_intake.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/status_intake/classify/classify.hpp"
#include "actors/status_intake/validate.hpp"
#include "messages/blank.hpp"

namespace telltale {

namespace {

using self_pointer = status_intake_actor::stateful_pointer<status_intake_state>;

report_batch empty_batch() {
  return std::make_shared<std::vector<pending_report>>();
}

std::size_t writer_of(const pending_report& pending, std::size_t writers) {
  return std::hash<task_id>{}(pending.raw.task) % writers;
}

/// Everything that needs no redaction moves from `raw` to `ready`.
void prepare(pending_report& pending) {
  auto& raw = pending.raw;
  auto& ready = pending.ready;
  ready.task = raw.task;
  ready.status = raw.status;
  ready.attempt = raw.attempt;
  ready.failure_reason = std::move(raw.failure_reason);
  if (ready.failure_reason && ready.failure_reason->wire.empty())
    ready.failure_reason.reset();
  ready.runner = std::move(raw.runner);
  ready.posted = raw.posted;
  ready.kind = raw.kind;
  ready.produced = raw.produced;
  ready.remarks.usage = std::move(raw.remarks.usage);
  ready.intended_empty = raw.intended_empty;
}

/// What can only be decided on redacted text.
void settle_texts(apply_status& ready) {
  if (is_blank(ready.detail.view()))
    ready.detail = redacted_text{};
  if (is_blank(ready.result_url.view()))
    ready.result_url = redacted_text{};
  const bool fails =
      ready.kind == report_kind::status && is_failure(ready.status);
  ready.telling_line = {};
  if (!fails)
    ready.failure_reason.reset();
  // `running` clears the detail, and what is to be posted is no failure's.
  if (ready.kind != report_kind::status || ready.status == task_status::running)
    return;
  auto found = read_failure(ready.detail.view());
  ready.telling_line = ready.detail.derived(
      [&](const auto&) { return std::move(found.telling_line); });
  if (fails)
    ready.failure_reason =
        settle_reason(ready.status, ready.failure_reason, found);
}

void send_to_writer(self_pointer self, report_batch batch,
                    const report_waiter_handle& waiter, std::size_t writer,
                    std::vector<task_masks> masks = {}) {
  auto& state = self->state;
  const auto& redaction = state.redactions[writer % state.redactions.size()];
  self->send(redaction,
             redact_reports{std::move(batch), waiter,
                            caf::actor_cast<redacted_reports_handle>(self),
                            static_cast<std::uint32_t>(writer),
                            std::move(masks)});
}

void on_reports_received(self_pointer self, reports_received& received) {
  auto& state = self->state;
  const auto writers = state.stores.size();
  std::vector<report_batch> parts(writers);
  report_batch refused;
  const auto put = [](report_batch& where, pending_report& pending) {
    if (!where)
      where = empty_batch();
    where->push_back(std::move(pending));
  };
  for (auto& pending : *received.batch) {
    pending.result = validate(pending.raw);
    if (pending.result != ec::none) {
      put(refused, pending);
      continue;
    }
    const auto writer = writer_of(pending, writers);
    prepare(pending);
    put(parts[writer], pending);
  }
  if (refused)
    self->send(received.waiter, reports_settled{std::move(refused)});
  for (std::size_t writer = 0; writer < writers; ++writer)
    if (parts[writer])
      send_to_writer(self, std::move(parts[writer]), received.waiter, writer);
}

void on_reports_redacted(self_pointer self, reports_redacted& redacted) {
  for (auto& pending : *redacted.batch)
    settle_texts(pending.ready);
  self->send(self->state.stores[redacted.writer % self->state.stores.size()],
             commit_reports{std::move(redacted.batch),
                            std::move(redacted.waiter),
                            caf::actor_cast<masks_missed_handle>(self)});
}

/// The reports of one writer on their way through it once more.
void on_masks_missed(self_pointer self, masks_missed& missed) {
  if (!missed.batch || missed.batch->empty())
    return;
  const auto writer =
      writer_of(missed.batch->front(), self->state.stores.size());
  send_to_writer(self, std::move(missed.batch), missed.waiter, writer,
                 std::move(missed.masks));
}

} // namespace

status_intake_actor::behavior_type
status_intake(status_intake_actor::stateful_pointer<status_intake_state> self,
              std::vector<redaction_actor> redactions,
              std::vector<report_store_actor> stores,
              counter_board_ptr counters) {
  self->state.redactions = std::move(redactions);
  self->state.stores = std::move(stores);
  self->state.counters = std::move(counters);
  return {
      [=](reports_received& received) { on_reports_received(self, received); },
      [=](reports_redacted& redacted) { on_reports_redacted(self, redacted); },
      [=](masks_missed& missed) { on_masks_missed(self, missed); },
  };
}

} // namespace telltale
