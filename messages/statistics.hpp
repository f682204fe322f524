#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/call_ticket.hpp"
#include "messages/failure_reason.hpp"
#include "messages/redaction.hpp"
#include "messages/runners.hpp"
#include "messages/store.hpp"
#include "messages/task_status.hpp"
#include "messages/time.hpp"
#include "messages/uuid.hpp"

// What operators count: how runs ended, why they failed, what was told. Reads
// of committed rows; each answer is one moment's.

namespace telltale {

/// How many finished tasks had which outcome.
class outcome_counts {
public:
  void add(task_outcome outcome, std::uint64_t count) {
    counts_[static_cast<std::size_t>(outcome)] += count;
  }
  [[nodiscard]] std::uint64_t of(task_outcome outcome) const {
    return counts_[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] std::uint64_t finished() const;
  /// Delivered, clean, silent no-op and unverified together.
  [[nodiscard]] std::uint64_t succeeded() const;
  /// Silent no-ops of all that succeeded; nothing if none did.
  [[nodiscard]] std::optional<double> silent_noop_rate() const;

  bool operator==(const outcome_counts&) const = default;

private:
  static constexpr std::size_t outcomes =
#define TELLTALE_OUTCOME(name) +1
#include "messages/outcome.def"
#undef TELLTALE_OUTCOME
      ;
  std::array<std::uint64_t, outcomes> counts_{};
};

/// Counts what finished in a window that ends now.
struct read_stats {
  std::chrono::seconds window{};
  std::chrono::seconds bucket{}; ///< buckets begin at multiples of it, in UTC
  std::optional<std::string> kind;
  call_ticket ticket{};

  bool operator==(const read_stats&) const = default;
};

/// One bucket of time; the first and the last are cut by the window.
struct stats_bucket {
  timestamp start{};
  outcome_counts outcomes;
  std::map<std::string, std::uint64_t> reasons; ///< of failed tasks, by value

  bool operator==(const stats_bucket&) const = default;
};

struct counted_detail {
  redacted_text telling_line; ///< empty: no detail was given
  std::uint64_t count = 0;

  bool operator==(const counted_detail&) const = default;
};

/// Failures of one cause.
struct failure_cause {
  std::string cause; ///< fingerprint
  telltale::failure_reason failure_reason;
  redacted_text telling_line; ///< the newest one's; empty: none
  std::uint64_t count = 0;
  timestamp last_at{};
  task_id last_task;

  bool operator==(const failure_cause&) const = default;
};

struct stats_read {
  timestamp since{};
  timestamp until{};
  std::vector<stats_bucket> buckets; ///< all of the window, oldest first
  /// Attempts that failed before the last one, by reason, of the same tasks.
  std::map<std::string, std::uint64_t> retried;
  std::vector<counted_detail> no_op_details; ///< most first, at most 20
  std::vector<failure_cause> newest_causes;  ///< newest first, at most 20
  std::uint64_t pending_deliveries = 0;
  std::uint64_t dead_deliveries = 0;
  std::optional<timestamp> oldest_pending; ///< when it was written

  bool operator==(const stats_read&) const = default;
};

/// Where a page of runners begins: after this one.
struct runner_cursor {
  timestamp last_seen_at{};
  runner_id id;

  bool operator==(const runner_cursor&) const = default;
};

/// Runners by their last sign of life, newest first.
struct list_runners {
  /// Silent for longer than this counts as silent.
  std::chrono::milliseconds silence{};
  std::optional<runner_cursor> after;
  std::uint32_t limit = 50; ///< 1 to 200
  call_ticket ticket{};

  bool operator==(const list_runners&) const = default;
};

struct runner_record {
  runner_id id;
  timestamp first_seen_at{};
  timestamp last_seen_at{};
  bool silent = false;
  /// Of one that registered by itself; else empty.
  runtime_record runtime;
  std::vector<task_record> active; ///< id, kind, title, attempt, status, lease

  bool operator==(const runner_record&) const = default;
};

struct runners_listed {
  std::vector<runner_record> runners;
  std::optional<runner_cursor> next; ///< nothing: this was the last page

  bool operator==(const runners_listed&) const = default;
};

} // namespace telltale
