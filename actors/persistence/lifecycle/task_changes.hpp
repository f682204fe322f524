#pragma once

#include <set>
#include <utility>
#include <vector>

#include "actors/persistence/lifecycle/change_batch.hpp"

namespace telltale {

/// Runners' reports as commands. `pending_report::attempt` carries what a call
/// in doubt counted the report to, from one call to the next.
class report_changes final : public change_batch {
public:
  explicit report_changes(std::vector<pending_report>& reports)
      : reports_(reports) {}

  [[nodiscard]] std::size_t size() const override { return reports_.size(); }
  [[nodiscard]] task_id task(std::size_t index) const override {
    return reports_[index].ready.task;
  }
  [[nodiscard]] std::uint32_t attempt(std::size_t index) const override {
    const auto& pending = reports_[index];
    return pending.attempt > 0 ? pending.attempt
                               : pending.ready.attempt.value_or(0);
  }
  transition decide(std::size_t index, task_snapshot found,
                    const decision_context& context) override {
    const auto& pending = reports_[index];
    if (found.masks > pending.masks_known) {
      transition unmasked;
      unmasked.result = ec::masks_unknown;
      return unmasked;
    }
    return decide_report(std::move(found), pending.ready, context,
                         {pending.attempt, pending.doubted_version});
  }
  void settle(std::size_t index, transition done) override {
    auto& pending = reports_[index];
    pending.result = done.result;
    pending.effect = done.effect;
    if (done.result != ec::none)
      return;
    pending.attempt = done.task.attempt;
    if (!pending.ready.runner && !done.task.runner.empty())
      heard_.insert(done.task.runner);
  }
  void refuse(std::size_t index, ec code) override {
    reports_[index].result = code;
  }
  void doubt(std::size_t index, const transition& sent) override {
    if (sent.result != ec::none)
      return;
    reports_[index].attempt = sent.task.attempt;
    reports_[index].doubted_version = sent.task.version;
  }

  /// Whose attempts were spoken for without a name: a sign of life of theirs.
  [[nodiscard]] const std::set<runner_id>& heard() const { return heard_; }

private:
  std::vector<pending_report>& reports_;
  std::set<runner_id> heard_;
};

/// The runners that reports name.
[[nodiscard]] inline std::set<runner_id>
runners_named(const std::vector<pending_report>& batch) {
  std::set<runner_id> names;
  for (const auto& pending : batch)
    if (pending.ready.runner && !pending.ready.runner->empty())
      names.insert(*pending.ready.runner);
  return names;
}

/// The values that `batch[index]` brought are registered: it and the reports of
/// its task before it need not be masked again for their sake.
inline void count_own_mask(std::vector<pending_report>& batch,
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
  /// `decide` is also told whether an earlier write of this call may have taken
  /// place.
  plain_changes(std::vector<task_id> tasks, bool everything, Decide decide)
      : tasks_(std::move(tasks)), everything_(everything),
        decide_(std::move(decide)), results_(tasks_.size()) {}

  [[nodiscard]] std::size_t size() const override { return tasks_.size(); }
  [[nodiscard]] task_id task(std::size_t index) const override {
    return tasks_[index];
  }
  transition decide(std::size_t index, task_snapshot found,
                    const decision_context& context) override {
    return decide_(index, std::move(found), context, doubted_);
  }
  void settle(std::size_t index, transition done) override {
    results_[index] = std::move(done);
  }
  void refuse(std::size_t index, ec code) override {
    results_[index].result = code;
  }

  [[nodiscard]] bool wants_everything() const override { return everything_; }
  void doubt(std::size_t, const transition&) override { doubted_ = true; }

  [[nodiscard]] const transition& result(std::size_t index) const {
    return results_[index];
  }

private:
  std::vector<task_id> tasks_;
  bool everything_;
  bool doubted_ = false;
  Decide decide_;
  std::vector<transition> results_;
};

/// Many runners' heartbeats, with all the tasks that they name.
class beat_changes final : public change_batch {
public:
  explicit beat_changes(const std::vector<beat_heart>& beats) : beats_(beats) {
    for (std::size_t i = 0; i < beats.size(); ++i)
      for (std::size_t j = 0; j < beats[i].tasks.size(); ++j)
        places_.push_back({i, j, false});
  }

  [[nodiscard]] std::size_t size() const override { return places_.size(); }
  [[nodiscard]] task_id task(std::size_t index) const override {
    return held(index).task;
  }
  transition decide(std::size_t index, task_snapshot found,
                    const decision_context& context) override {
    return decide_beat(std::move(found), beats_[places_[index].beat].runner,
                       held(index).attempt, context);
  }
  void settle(std::size_t index, transition done) override {
    places_[index].holds = done.result == ec::none;
  }
  void refuse(std::size_t, ec) override {}

  /// What each heartbeat is told.
  [[nodiscard]] std::vector<heart_beaten> answers(timestamp lease) const {
    std::vector<heart_beaten> result(beats_.size());
    for (auto& answer : result)
      answer.lease_expires_at = lease;
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (!places_[i].holds)
        result[places_[i].beat].stop.push_back(held(i).task);
    return result;
  }

private:
  struct place {
    std::size_t beat;
    std::size_t task;
    bool holds; ///< the lease was renewed
  };

  [[nodiscard]] const held_task& held(std::size_t index) const {
    return beats_[places_[index].beat].tasks[places_[index].task];
  }

  const std::vector<beat_heart>& beats_;
  std::vector<place> places_;
};

/// Claimed tasks that nobody got.
class return_changes final : public change_batch {
public:
  explicit return_changes(const return_tasks& what) : what_(what) {}

  [[nodiscard]] std::size_t size() const override { return what_.tasks.size(); }
  [[nodiscard]] task_id task(std::size_t index) const override {
    return what_.tasks[index].task;
  }
  transition decide(std::size_t index, task_snapshot found,
                    const decision_context& context) override {
    return decide_return(std::move(found), what_.tasks[index], context);
  }
  void settle(std::size_t, transition done) override {
    returned_ += done.result == ec::none ? 1 : 0;
  }
  void refuse(std::size_t, ec) override {}

  [[nodiscard]] std::uint32_t returned() const noexcept { return returned_; }

private:
  const return_tasks& what_;
  std::uint32_t returned_ = 0;
};

} // namespace telltale
