#include "actors/relay/circuit.hpp"

#include <algorithm>

namespace telltale {

void circuit::answered() noexcept {
  open_ = false;
  failures_ = 0;
  next_wait_ = first_wait;
}

bool circuit::failed(steady_time now) noexcept {
  ++failures_;
  // Those that were under way when it opened say nothing new.
  if (failures_ < failures_to_open || (open_ && now < probe_at_))
    return false;
  const bool was_open = open_;
  open_ = true;
  probe_at_ = now + next_wait_;
  next_wait_ = std::min(next_wait_ * 2, longest_wait);
  return !was_open;
}

std::chrono::milliseconds circuit::wait(steady_time now) const noexcept {
  if (!open_ || now >= probe_at_)
    return std::chrono::milliseconds{0};
  return std::chrono::ceil<std::chrono::milliseconds>(probe_at_ - now);
}

} // namespace telltale
