#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "messages/event.hpp"

namespace telltale {

/// The latest events, none left out between them, for subscribers that come
/// back. Positions ascend, with gaps. Pure; belongs to one thread.
class replay_buffer {
public:
  /// Envelopes of all events together; beyond it the oldest go.
  static constexpr std::size_t most_bytes = 16'777'216;

  explicit replay_buffer(std::size_t capacity) : capacity_(capacity) {}

  /// Adds an event; none lies between it and `after`. If that is not the newest
  /// one here, the buffer starts afresh, so that it never leaves out an event.
  /// So it does with an event without its envelope, which the log alone can
  /// give.
  void push(published_event event, std::int64_t after);

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
  void clear() noexcept;

  std::size_t capacity_;
  std::size_t bytes_ = 0;
  std::int64_t begin_ = 0; ///< no event lies between it and the oldest one here
  std::deque<published_event> events_;
};

} // namespace telltale
