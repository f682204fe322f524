#include "actors/persistence/stores/commit_turnstile.hpp"

#include <algorithm>

#include <caf/send.hpp>

namespace telltale {

std::unique_ptr<commit_turnstile::permit>
commit_turnstile::take(const report_store_actor& who, bool bypass) {
  const std::lock_guard lock{mutex_};
  const auto place = std::ranges::find(waiting_, who);
  const bool is_first = place == waiting_.begin();
  if (!bypass && (under_way_ > 0 || !is_first)) {
    if (place == waiting_.end())
      waiting_.push_back(who);
    return nullptr;
  }
  if (under_way_ == 0 && !is_first)
    waiting_.pop_front();
  std::erase(waiting_, who);
  ++under_way_;
  return std::make_unique<permit>(shared_from_this());
}

void commit_turnstile::done() {
  report_store_actor next;
  {
    const std::lock_guard lock{mutex_};
    if (--under_way_ == 0 && !waiting_.empty())
      next = waiting_.front();
  }
  if (next)
    caf::anon_send(next, flush_reports{});
}

} // namespace telltale
