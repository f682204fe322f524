#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "actors/persistence/change_batch.hpp"

namespace telltale {

/// Runners' reports as commands. `report_flight::attempt` carries what a call
/// in doubt counted the report to, from one call to the next.
class report_changes final : public change_batch {
public:
  explicit report_changes(std::vector<report_flight>& flights)
      : flights_(flights) {}

  [[nodiscard]] std::size_t size() const override { return flights_.size(); }
  [[nodiscard]] task_id task(std::size_t index) const override {
    return flights_[index].ready.task;
  }
  [[nodiscard]] std::uint32_t attempt(std::size_t index) const override {
    const auto& flight = flights_[index];
    return flight.attempt > 0 ? flight.attempt
                              : flight.ready.attempt.value_or(0);
  }
  transition decide(std::size_t index, task_snapshot found,
                    const decision_context& context) override {
    const auto& flight = flights_[index];
    if (found.masks > flight.masks_known) {
      transition unmasked;
      unmasked.result = ec::masks_unknown;
      return unmasked;
    }
    return decide_report(std::move(found), flight.ready, context,
                         flight.attempt);
  }
  void settle(std::size_t index, transition done) override {
    auto& flight = flights_[index];
    flight.result = done.result;
    flight.effect = done.effect;
    if (done.result == ec::none)
      flight.attempt = done.task.attempt;
  }
  void refuse(std::size_t index, ec code) override {
    flights_[index].result = code;
  }
  void doubt(std::size_t index, const transition& sent) override {
    if (sent.result == ec::none)
      flights_[index].attempt = sent.task.attempt;
  }

private:
  std::vector<report_flight>& flights_;
};

/// The values that `batch[index]` brought are registered: it and the reports of
/// its task before it need not be masked again for their sake.
inline void count_own_mask(std::vector<report_flight>& batch,
                           std::size_t index) {
  const auto task = batch[index].ready.task;
  batch[index].ready.mask = {};
  for (std::size_t i = 0; i <= index; ++i)
    if (batch[i].ready.task == task)
      ++batch[i].masks_known;
}

/// One command of a person to one task, or a runner's heartbeat: a function
/// from snapshot to transition for each task.
template <class Decide> class plain_changes final : public change_batch {
public:
  /// `on_doubt` hears of a write that may have taken place.
  plain_changes(std::vector<task_id> tasks, bool everything, Decide decide,
                std::function<void()> on_doubt = {})
      : tasks_(std::move(tasks)), everything_(everything),
        on_doubt_(std::move(on_doubt)), decide_(std::move(decide)),
        results_(tasks_.size()) {}

  [[nodiscard]] std::size_t size() const override { return tasks_.size(); }
  [[nodiscard]] task_id task(std::size_t index) const override {
    return tasks_[index];
  }
  transition decide(std::size_t index, task_snapshot found,
                    const decision_context& context) override {
    return decide_(index, std::move(found), context);
  }
  void settle(std::size_t index, transition done) override {
    results_[index] = std::move(done);
  }
  void refuse(std::size_t index, ec code) override {
    results_[index].result = code;
  }

  [[nodiscard]] bool wants_everything() const override { return everything_; }
  void doubt(std::size_t, const transition&) override {
    if (on_doubt_)
      on_doubt_();
  }

  [[nodiscard]] const transition& result(std::size_t index) const {
    return results_[index];
  }

private:
  std::vector<task_id> tasks_;
  bool everything_;
  std::function<void()> on_doubt_;
  Decide decide_;
  std::vector<transition> results_;
};

} // namespace telltale
