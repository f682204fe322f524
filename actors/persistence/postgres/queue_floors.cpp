#include "actors/persistence/postgres/queue_floors.hpp"

#include <algorithm>

namespace telltale {

namespace {

constexpr auto last = std::numeric_limits<std::int32_t>::max();

} // namespace

std::vector<queue_range> queue_floors::ranges(const std::string& kind,
                                              clock::time_point now) {
  if (kinds_.size() >= most_kinds && !kinds_.contains(kind))
    kinds_.clear();
  auto& at = kinds_[kind];
  at.from_head = !at.known || now >= at.until;
  if (at.from_head)
    return {queue_range{}};
  std::vector<queue_range> result;
  queue_range gap;
  gap.since = at.elsewhere;
  for (const auto& [order, since] : at.orders) {
    if (order > gap.lowest) {
      gap.highest = order - 1;
      result.push_back(gap);
    }
    result.push_back({order, order, since});
    if (order == last)
      return result;
    gap.lowest = order + 1;
  }
  if (gap.lowest <= at.last_order) {
    gap.highest = at.last_order;
    result.push_back(gap);
  }
  return result;
}

bool queue_floors::complete(const std::string& kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() || found->second.from_head
         || found->second.last_order == last;
}

void queue_floors::forget(const std::string& kind) {
  if (const auto found = kinds_.find(kind); found != kinds_.end())
    found->second.known = false;
}

void queue_floors::raise(floor& at, const queue_look& look) {
  const auto recent = look.now - slack;
  // Of an order before the one that was found last, all were found.
  for (auto& [order, since] : at.orders)
    if (look.all || order < look.last_order)
      since = std::max(since, recent);
  // What was found is in its order: nothing is left before the first.
  std::map<std::int32_t, timestamp> first;
  for (const auto& place : look.found)
    first.emplace(place.order, place.due);
  for (const auto& [order, due] : first)
    at.orders.insert_or_assign(order, std::min(due, recent));
}

void queue_floors::looked(const std::string& kind, const queue_look& look,
                          clock::time_point now) {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end())
    return;
  auto& at = found->second;
  if (at.from_head) {
    at.slow_looks = look.took >= slow ? std::min(at.slow_looks + 1, 2) : 0;
    at.known = at.slow_looks >= 2;
    at.orders.clear();
    at.elsewhere = look.now - slack;
    // A look that ended early says nothing of the orders behind its end.
    at.last_order = look.all ? last : look.last_order;
    at.until = now
               + std::clamp<clock::duration>(rests * look.took, shortest_rest,
                                             longest_rest);
  }
  if (!at.known)
    return;
  raise(at, look);
  if (at.orders.size() > most_orders)
    at.known = false;
}

} // namespace telltale
