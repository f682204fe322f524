#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "messages/event.hpp"

namespace telltale {

/// The latest events, contiguous by position, for subscribers that come back.
/// Pure; belongs to one thread.
class replay_buffer {
public:
  explicit replay_buffer(std::size_t capacity) : capacity_(capacity) {}

  /// Adds an event whose position follows the newest one; any other position
  /// starts the buffer afresh, so that it never holds a gap. So does an event
  /// without its envelope, which the log alone can give.
  void push(published_event event);

  /// Up to `limit` events after `position`; nothing if some of them are no
  /// longer, or not yet, here.
  [[nodiscard]] std::optional<std::vector<published_event>>
  after(std::int64_t position, std::size_t limit) const;

  [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }
  /// Position of the oldest event here; 0 if there is none.
  [[nodiscard]] std::int64_t oldest() const noexcept;
  /// Position of the newest event here; 0 if there is none.
  [[nodiscard]] std::int64_t newest() const noexcept;

private:
  std::size_t capacity_;
  std::deque<published_event> events_;
};

} // namespace telltale
