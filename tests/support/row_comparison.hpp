#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "messages/event.hpp"
#include "messages/task.hpp"

// When a stored row is the model's: in all but moments, which two clocks read.

namespace telltale {

/// Both or neither, and a moment apart at most: both sides read their clocks
/// one after the other, and the rules' edges are further away from any step.
[[nodiscard]] bool near(const std::optional<timestamp>& a,
                        const std::optional<timestamp>& b);

[[nodiscard]] bool same(task_record a, task_record b);
[[nodiscard]] bool same(attempt_record a, attempt_record b);
[[nodiscard]] bool same(event_facts a, event_facts b);

template <class T>
[[nodiscard]] bool all_same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b,
                            [](const T& x, const T& y) { return same(x, y); });
}

/// A row in a line, for people.
[[nodiscard]] std::string sketch(const task_record& task);

} // namespace telltale
