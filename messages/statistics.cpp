#include "messages/statistics.hpp"

namespace telltale {

std::uint64_t outcome_counts::finished() const {
  std::uint64_t all = 0;
  for (const auto count : counts_)
    all += count;
  return all;
}

std::uint64_t outcome_counts::succeeded() const {
  return of(task_outcome::delivered) + of(task_outcome::clean)
         + of(task_outcome::silent_noop) + of(task_outcome::unverified);
}

std::optional<double> outcome_counts::silent_noop_rate() const {
  const auto all = succeeded();
  if (all == 0)
    return std::nullopt;
  return static_cast<double>(of(task_outcome::silent_noop))
         / static_cast<double>(all);
}

} // namespace telltale
