#include "actors/event_stream/replay_buffer.hpp"

#include <algorithm>
#include <utility>

namespace telltale {

void replay_buffer::clear() noexcept {
  events_.clear();
  bytes_ = 0;
}

void replay_buffer::push(published_event event, std::int64_t after) {
  if (!events_.empty() && after != events_.back().position)
    clear();
  if (event.envelope.empty()) {
    clear();
    return;
  }
  if (events_.empty())
    begin_ = after;
  bytes_ += event.envelope.size();
  events_.push_back(std::move(event));
  while (events_.size() > capacity_
         || (bytes_ > most_bytes && events_.size() > 1)) {
    begin_ = events_.front().position;
    bytes_ -= events_.front().envelope.size();
    events_.pop_front();
  }
}

std::optional<std::vector<published_event>>
replay_buffer::after(std::int64_t position, std::size_t limit) const {
  if (events_.empty() || position < begin_
      || position > events_.back().position)
    return std::nullopt;
  const auto first = std::ranges::upper_bound(events_, position, {},
                                              &published_event::position);
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
