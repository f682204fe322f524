#include "actors/event_stream/replay_buffer.hpp"

#include <algorithm>
#include <utility>

namespace telltale {

void replay_buffer::push(published_event event) {
  if (!events_.empty() && event.position != events_.back().position + 1)
    events_.clear();
  if (event.envelope.empty()) {
    events_.clear();
    return;
  }
  events_.push_back(std::move(event));
  while (events_.size() > capacity_)
    events_.pop_front();
}

std::optional<std::vector<published_event>>
replay_buffer::after(std::int64_t position, std::size_t limit) const {
  if (events_.empty() || position < events_.front().position - 1
      || position > events_.back().position)
    return std::nullopt;
  const auto skipped = position - (events_.front().position - 1);
  const auto first = events_.begin() + skipped;
  const auto count = std::min<std::size_t>(
      limit, static_cast<std::size_t>(events_.end() - first));
  return std::vector<published_event>(
      first, first + static_cast<std::ptrdiff_t>(count));
}

std::int64_t replay_buffer::oldest() const noexcept {
  return events_.empty() ? 0 : events_.front().position;
}

std::int64_t replay_buffer::newest() const noexcept {
  return events_.empty() ? 0 : events_.back().position;
}

} // namespace telltale
