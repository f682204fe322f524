#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/persistence/lifecycle/change_batch.hpp"
#include "actors/persistence/persistence.hpp"

namespace telltale {

/// What the memory store keeps, with a clock that stands until somebody moves
/// it. One thread.
struct memory_database {
  std::map<task_id, task_record> tasks;
  std::map<std::pair<task_id, std::uint32_t>, attempt_record> attempts;
  std::map<std::string, task_id> idempotency_keys;
  std::map<std::string, timestamp> runners;       ///< last seen
  std::map<std::string, timestamp> claimed_kinds; ///< when last; empty: any
  std::map<task_id, task_masks> masks;
  std::map<std::string, chat_binding> chats;
  std::map<std::string, runtime_record> runtimes; ///< by id
  std::vector<committed_event> events; ///< in the order of their writing
  timestamp now = timestamp{
      std::chrono::sys_days{std::chrono::year{2026} / std::chrono::June / 23}};
};

/// The lifecycle without a database: the same decisions, for tests and for the
/// simulator. Deliveries are not kept: there are none.
class memory_task_store : public task_store {
public:
  memory_task_store(std::shared_ptr<memory_database> db, task_rules rules,
                    double chance = 0.5);

  void use(const task_rules& rules) override { rules_ = rules; }

  caf::expected<std::vector<committed_event>>
  apply(std::vector<pending_report>& batch) override;

  caf::expected<std::vector<task_masks>>
  masks(const std::vector<task_id>& tasks) override;

  caf::expected<committed<std::vector<caf::expected<task_created>>>>
      create_all(std::span<const create_task>) override;
  caf::expected<committed<std::vector<caf::expected<tasks_claimed>>>>
      claim_all(std::span<const claim_tasks>) override;
  caf::expected<committed<tasks_returned>>
  give_back(const return_tasks&) override;
  caf::expected<committed<std::vector<heart_beaten>>>
  beat(const std::vector<beat_heart>&) override;
  caf::expected<runtimes_found> enroll(const register_runtimes&) override;
  caf::expected<runtimes_found> leave(const deregister_runtimes&) override;
  caf::expected<runtimes_found> runtimes(const find_runtimes&) override;
  caf::expected<committed<task_changed>> cancel(const cancel_task&) override;
  caf::expected<committed<task_changed>> retry(const retry_task&) override;
  caf::expected<committed<tasks_swept>> sweep(const sweep_tasks&) override;
  caf::expected<truth_checked> check(const check_truth&) override;

  caf::expected<task_found> find(const find_task&) override;
  caf::expected<tasks_listed> list(const list_tasks&) override;
  caf::expected<deliveries_listed> list(const list_deliveries&) override;
  caf::expected<store_checked> check(const check_store&) override;

  caf::expected<chats_listed> bind(const bind_chat&) override;
  caf::expected<chats_listed> unbind(const unbind_chat&) override;
  caf::expected<chats_listed> list(const list_chats&) override;

private:
  using person_decision = transition (*)(task_snapshot,
                                         const decision_context&);

  [[nodiscard]] decision_context context();
  [[nodiscard]] task_snapshot snapshot(const task_record& task,
                                       std::uint32_t attempt = 0) const;
  std::vector<committed_event> run(change_batch& batch);
  task_created create_one(const create_task& what,
                          std::vector<committed_event>& facts);
  tasks_claimed claim_one(const claim_tasks& what,
                          std::vector<committed_event>& facts);
  [[nodiscard]] std::optional<chat_binding>
  chat_of(const task_record& task) const;
  [[nodiscard]] std::vector<tell_target> tells(const task_record& task) const;
  /// What an amendment of this task corrects.
  [[nodiscard]] std::optional<event_id> last_failure(const task_id& task) const;
  /// Stores what was decided.
  void write(transition& plan, std::vector<committed_event>& facts);
  void add_mask(task_id task, const sealed_masks& mask);
  /// The sign that was stored before, as the database would have it.
  std::optional<timestamp> note_sign(const runner_id& runner);
  /// Had the runner been silent?
  bool touch(const runner_id& runner);
  [[nodiscard]] bool is_silent(const task_record& task,
                               const sweep_tasks& what) const;
  caf::expected<committed<task_changed>> change(task_id task,
                                                person_decision decide);

  std::shared_ptr<memory_database> db_;
  task_rules rules_;
  double chance_;
};

} // namespace telltale
