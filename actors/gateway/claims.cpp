#include "actors/gateway/claims.hpp"

#include <algorithm>
#include <utility>

namespace telltale {

namespace {

bool takes(const std::vector<std::string>& kinds, const std::string& kind) {
  return kind.empty() || kinds.empty()
         || std::binary_search(kinds.begin(), kinds.end(), kind);
}

} // namespace

void claim_line::park(parked_claim claim) {
  auto& group = groups_[claim.what.kinds];
  const auto place =
      std::ranges::upper_bound(group, claim.ticket, {}, &parked_claim::ticket);
  group.insert(place, std::move(claim));
  ++size_;
}

std::optional<parked_claim> claim_line::leave(const pending_reply_ptr& reply) {
  for (auto at = groups_.begin(); at != groups_.end(); ++at) {
    auto& line = at->second;
    const auto who = std::ranges::find(line, reply, &parked_claim::reply);
    if (who == line.end())
      continue;
    auto left = std::move(*who);
    line.erase(who);
    --size_;
    if (line.empty())
      groups_.erase(at);
    return left;
  }
  return std::nullopt;
}

std::vector<parked_claim> claim_line::wake(std::size_t count,
                                           const std::string& kind) {
  ++epoch_;
  std::vector<parked_claim> woken;
  for (auto at = groups_.begin(); at != groups_.end();) {
    auto& [kinds, line] = *at;
    if (takes(kinds, kind))
      for (std::size_t i = 0; i < count && !line.empty(); ++i) {
        woken.push_back(std::move(line.front()));
        line.pop_front();
        --size_;
      }
    at = line.empty() ? groups_.erase(at) : std::next(at);
  }
  return woken;
}

std::optional<parked_claim>
claim_line::next_like(const std::vector<std::string>& kinds) {
  const auto at = groups_.find(kinds);
  if (at == groups_.end())
    return std::nullopt;
  auto next = std::move(at->second.front());
  at->second.pop_front();
  --size_;
  if (at->second.empty())
    groups_.erase(at);
  return next;
}

std::vector<parked_claim> claim_line::expire(time_point now) {
  std::vector<parked_claim> over;
  for (auto at = groups_.begin(); at != groups_.end();) {
    auto& line = at->second;
    const auto first_over = std::stable_partition(
        line.begin(), line.end(),
        [&](const parked_claim& claim) { return claim.deadline > now; });
    std::move(first_over, line.end(), std::back_inserter(over));
    line.erase(first_over, line.end());
    at = line.empty() ? groups_.erase(at) : std::next(at);
  }
  size_ -= over.size();
  return over;
}

std::vector<parked_claim> claim_line::drain() {
  return expire(time_point::max());
}

std::optional<claim_line::time_point> claim_line::next_deadline() const {
  std::optional<time_point> soonest;
  for (const auto& [kinds, line] : groups_)
    for (const auto& claim : line)
      if (!soonest || claim.deadline < *soonest)
        soonest = claim.deadline;
  return soonest;
}

} // namespace telltale
