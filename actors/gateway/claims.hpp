#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/gateway/edge/access.hpp"
#include "actors/gateway/reply.hpp"
#include "messages/store.hpp"

namespace telltale {

/// A long poll: a claim and how long it waits for a task.
struct parked_claim {
  pending_reply_ptr reply;
  claim_tasks what; ///< `kinds` sorted; empty: any
  std::chrono::steady_clock::time_point deadline;
  std::uint64_t token = 0; ///< `principal::token` of who asks
};

/// Long polls in order of arrival, by the kinds of task that they take. Each of
/// them is asking (a question to the store is under way) or parked. Pure
/// bookkeeping: the owner sends the questions and says what became of them.
///
/// A task that becomes claimable is announced and makes one claim ask: of those
/// parked that take its kind, the one that came first. The announcement is
/// settled by an answer with a task of that kind, or by an empty answer to a
/// question that began after it: then somebody else has the task. Otherwise it
/// passes to the next claim that takes the kind. So no announced task stays in
/// the queue while a claim that takes it is parked and no question is under
/// way.
///
/// Where the kind is not known, a claim of each set of kinds asks in turn until
/// one that takes any finds nothing. Where the number is not known either
/// (tasks that come due, events that were missed), the first claim of each set
/// looks, and the next of that set after each one that finds something.
///
/// Bounded by the claims that wait: all state goes with them. One owner.
class claim_line {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using number = std::uint64_t; ///< of a claim, ascending by arrival

  /// What to ask the store for a claim.
  struct question {
    number claim = 0;
    pending_reply_ptr reply;
    claim_tasks what;
    time_point deadline;
  };

  /// A claim that has just come: it asks at once.
  void arrive(parked_claim claim);

  /// A task of this kind (empty: unknown) can be claimed from now on.
  void announce(const std::string& kind);
  /// The same, from `due` on.
  void announce_later(const std::string& kind, time_point due);
  /// A task that only this runner may claim can be claimed from now on: all
  /// of its claims ask, since any of them may be the one that waits longest.
  void announce_for(const runner_id& runner);
  /// The same, from `due` on.
  void announce_for_later(const runner_id& runner, time_point due);
  /// Anything may have become claimable.
  void announce_all();
  /// Looks for what has come due.
  void tick(time_point now);

  // What became of a question. Each returns the claim if it has left the line
  // and is to be answered.

  /// Tasks of these kinds.
  [[nodiscard]] std::optional<parked_claim>
  found(number claim, const std::vector<std::string>& kinds);
  /// No task; the next one that it takes is due at `next_due`. The claim parks,
  /// or asks again if something was announced meanwhile, unless its time is
  /// over or it is not wanted any more.
  [[nodiscard]] std::optional<parked_claim>
  found_nothing(number claim, time_point now,
                std::optional<time_point> next_due, bool wanted = true);
  /// It was not carried out. Others ask in its place at `again`; nothing: now.
  [[nodiscard]] std::optional<parked_claim>
  failed(number claim, std::optional<time_point> again);

  /// The claim of a client that has gone, if it is parked.
  [[nodiscard]] std::optional<parked_claim>
  leave(const pending_reply_ptr& reply);
  /// Those parked whose time is over.
  [[nodiscard]] std::vector<parked_claim> expire(time_point now);
  /// Those parked whose token is none any more; those that ask park no more.
  [[nodiscard]] std::vector<parked_claim> revoke(const access_rules& rules);
  /// Those parked, for a shutdown; from now on none is parked any more.
  [[nodiscard]] std::vector<parked_claim> drain();

  /// The questions to send now.
  [[nodiscard]] std::vector<question> take_questions();
  /// When `tick` and `expire` have something to do.
  [[nodiscard]] std::optional<time_point> next_tick() const;

  [[nodiscard]] std::size_t size() const noexcept { return claims_.size(); }
  [[nodiscard]] std::size_t parked() const noexcept {
    return deadlines_.size();
  }

private:
  /// Announcements that one asking claim may hold beyond its question's own;
  /// past it, every set of kinds looks instead.
  static constexpr std::size_t most_held = 128;
  /// Runners whose tasks come due; past it, they wait for the next claim.
  static constexpr std::size_t most_wanted = 10'000;

  /// An announced task that a claim asks for.
  struct errand {
    std::string kind;             ///< empty: unknown
    std::set<std::uint64_t> vain; ///< of an unknown kind: groups without it
  };

  /// The claims with one set of kinds.
  struct claim_group {
    std::uint64_t id = 0;
    std::set<number> parked;
    std::set<number> asking;
    time_point due = time_point::max(); ///< when its first claim looks
  };

  struct entry {
    parked_claim claim;
    claim_group* home = nullptr;
    bool asking = false;
    std::vector<errand> errands; ///< announced before its question
    std::vector<errand> later;   ///< announced since
    bool looks = false;          ///< for its group, with this question
    bool looks_later = false;    ///< with another one
  };

  /// Claims by the kinds that they take; those that take any under "".
  struct index {
    std::map<std::string, std::set<number>> by_kind;
    void add(const std::vector<std::string>& kinds, number claim);
    void remove(const std::vector<std::string>& kinds, number claim);
    [[nodiscard]] std::optional<number> first(const std::string& kind) const;
  };

  [[nodiscard]] std::optional<number> first_parked(const errand& what) const;
  void give(errand what);
  void look(claim_group& where);
  void ask(number claim);
  void park(number claim);
  void unpark(number claim);
  void set_due(claim_group& where, time_point due);
  /// Takes a claim out; what it held is in the entry.
  entry remove(number claim);
  void forget_if_empty(const std::vector<std::string>& kinds);
  /// Passes on what a claim held that has left its group.
  void pass_on(entry& left, std::optional<time_point> again);

  std::map<number, entry> claims_;
  std::map<std::vector<std::string>, claim_group> groups_;
  index parked_;
  index asking_;
  std::set<std::pair<time_point, number>> deadlines_; ///< of those parked
  std::set<std::pair<time_point, claim_group*>> dues_;
  std::unordered_map<const pending_reply*, number> by_reply_;
  std::map<std::string, std::set<number>> by_runner_;
  std::set<std::pair<time_point, std::string>> wanted_dues_; ///< of runners
  std::vector<number> questions_;
  number last_ = 0;
  std::uint64_t last_group_ = 0;
  bool draining_ = false;
};

/// The newest tasks that were announced: a task that is made here is heard of
/// twice, by its answer and by its event.
class announced_tasks {
public:
  /// True the first time, and again once it has been pushed out by others.
  [[nodiscard]] bool is_first_mention(const task_id& task);
  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

  static constexpr std::size_t most = 4'096;

private:
  std::deque<task_id> order_; ///< oldest first
  std::set<task_id> known_;
};

} // namespace telltale
