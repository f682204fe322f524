#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/call_ticket.hpp"
#include "messages/failure_reason.hpp"
#include "messages/redaction.hpp"
#include "messages/task.hpp"
#include "messages/time.hpp"

// Causes: failures that differ in numbers, ids, paths and times alone, counted
// as one (docs/classifier.md).

namespace telltale {

/// Where a page of causes begins: after this one.
struct cause_cursor {
  timestamp last_seen{};
  std::string fingerprint;

  bool operator==(const cause_cursor&) const = default;
};

/// Causes of what failed in a window that ends now, the last seen first.
struct list_causes {
  std::chrono::seconds window{};
  std::optional<std::string> kind; ///< of these tasks alone
  /// This one alone, also if all of its failures came before the window.
  std::optional<std::string> fingerprint;
  std::optional<cause_cursor> after;
  std::uint32_t limit = 50; ///< 1 to 200
  call_ticket ticket{};

  bool operator==(const list_causes&) const = default;
};

/// How many parts of equal length a window's trend has.
inline constexpr std::uint32_t trend_parts = 14;

struct cause_record {
  std::string fingerprint;
  telltale::failure_reason failure_reason;
  redacted_text telling_line; ///< of the newest failure; empty: none
  std::uint64_t count = 0;    ///< failed tasks in the window
  timestamp first_seen{};     ///< ever, as far as tasks are kept
  timestamp last_seen{};
  std::vector<std::uint64_t> trend; ///< per part of the window, oldest first
  std::vector<std::string> kinds;   ///< most failures first, at most 20
  std::vector<std::string> runners; ///< as well
  std::vector<task_record> newest;  ///< at most 5

  bool operator==(const cause_record&) const = default;
};

struct causes_listed {
  std::vector<cause_record> causes;
  std::optional<cause_cursor> next; ///< nothing: this was the last page

  bool operator==(const causes_listed&) const = default;
};

} // namespace telltale
