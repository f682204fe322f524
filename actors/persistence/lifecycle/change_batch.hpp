#pragma once

#include <cstddef>
#include <cstdint>

#include "actors/persistence/lifecycle/transition.hpp"

namespace telltale {

/// Commands to tasks, each decided on a snapshot of its own, in order where
/// they meet the same task. The stores walk it; who sends commands fills it.
class change_batch {
public:
  virtual ~change_batch() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual task_id task(std::size_t index) const = 0;
  /// The attempt whose row the decision needs; 0: the current one.
  [[nodiscard]] virtual std::uint32_t attempt(std::size_t) const { return 0; }

  /// Whether decisions or answers need a task's `source_url`, `labels`,
  /// `input`.
  [[nodiscard]] virtual bool wants_everything() const { return false; }

  /// May be called more than once: the last answer is the one that counts.
  virtual transition decide(std::size_t index, task_snapshot found,
                            const decision_context& context) = 0;

  /// What was decided is committed, or needed no write.
  virtual void settle(std::size_t index, transition done) = 0;
  /// There is no such task, or it could not be written.
  virtual void refuse(std::size_t index, ec code) = 0;
  /// The write was sent and nobody knows whether it took place.
  virtual void doubt(std::size_t, const transition&) {}
};

} // namespace telltale
