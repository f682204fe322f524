#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "messages/time.hpp"

// Pure: where in the queue a claim begins to look.
//
// While somebody holds an old snapshot, as pg_dump does, PostgreSQL keeps the
// index entries of all tasks that were claimed since, at the head of the queue,
// and each look from the head visits the rows of all of them. A task enters the
// queue at its due time, which is never far behind the clock. So what was found
// empty once stays empty but for tasks whose transaction took long, and the
// next looks may begin where the last one found something.

namespace telltale {

/// Tasks whose `-priority` is from `lowest` to `highest` and that were due at
/// `since` or later.
struct queue_range {
  std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  std::int32_t highest = std::numeric_limits<std::int32_t>::max();
  timestamp since{}; ///< the epoch: the head of the queue

  bool operator==(const queue_range&) const = default;
};

/// A task that a look found: `-priority`, and since when it was due.
struct queue_place {
  std::int32_t order = 0;
  timestamp due{};
};

/// One look into the queue, as it ended.
struct queue_look {
  std::vector<queue_place> found; ///< of this kind, in the queue's order
  bool all = true; ///< nothing else was due, of any kind that was asked for
  std::int32_t last_order = 0; ///< if not: the last `-priority` that was found
  timestamp now{};             ///< the database's
  std::chrono::steady_clock::duration took{};
};

/// What the looks of one store found. Nothing is skipped while looks are quick.
/// After two slow ones in a row, looks begin at their floors, until a
/// multiple of the time that a look from the head took is over: so looks from
/// the head, which find what was committed late, take a small share of all
/// time.
class queue_floors {
public:
  using clock = std::chrono::steady_clock;

  static constexpr std::chrono::milliseconds slow{5};
  static constexpr int rests = 19; ///< times what a look from the head took
  static constexpr std::chrono::milliseconds shortest_rest{500};
  static constexpr std::chrono::milliseconds longest_rest{10'000};
  /// How long a transaction that puts a task into the queue mostly takes.
  static constexpr std::chrono::seconds slack{2};
  static constexpr std::size_t most_kinds = 256;
  static constexpr std::size_t most_orders = 8;

  /// Where to look for tasks of this kind; empty means any kind. The ranges
  /// do not overlap; the first look is from the head.
  [[nodiscard]] std::vector<queue_range> ranges(const std::string& kind,
                                                clock::time_point now);

  /// Do the ranges that were just given hold all that is due? If not, and they
  /// had too little, `forget` the kind and look again.
  [[nodiscard]] bool complete(const std::string& kind) const;
  void forget(const std::string& kind);

  /// What came of a look at them.
  void looked(const std::string& kind, const queue_look& look,
              clock::time_point now);

private:
  struct floor {
    int slow_looks = 0;    ///< from the head, in a row
    bool from_head = true; ///< the look that is under way
    bool known = false;    ///< the members below hold
    clock::time_point until{};
    std::int32_t last_order = 0; ///< nothing is known of what is behind it
    timestamp elsewhere{};       ///< of the orders before it that had no task
    std::map<std::int32_t, timestamp> orders; ///< of those that had
  };

  static void raise(floor& at, const queue_look& look);

  std::map<std::string, floor> kinds_;
};

} // namespace telltale
