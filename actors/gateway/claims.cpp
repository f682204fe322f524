#include "actors/gateway/claims.hpp"

#include <algorithm>
#include <iterator>

namespace telltale {

namespace {

bool takes(const std::vector<std::string>& kinds, const std::string& kind) {
  return kind.empty() || kinds.empty()
         || std::binary_search(kinds.begin(), kinds.end(), kind);
}

} // namespace

void claim_line::index::add(const std::vector<std::string>& kinds,
                            number claim) {
  if (kinds.empty())
    by_kind[{}].insert(claim);
  for (const auto& kind : kinds)
    by_kind[kind].insert(claim);
}

void claim_line::index::remove(const std::vector<std::string>& kinds,
                               number claim) {
  const auto take_out = [&](const std::string& kind) {
    const auto at = by_kind.find(kind);
    if (at != by_kind.end() && at->second.erase(claim) > 0
        && at->second.empty())
      by_kind.erase(at);
  };
  if (kinds.empty())
    take_out({});
  for (const auto& kind : kinds)
    take_out(kind);
}

std::optional<claim_line::number>
claim_line::index::first(const std::string& kind) const {
  std::optional<number> found;
  for (const auto& key : {kind, std::string{}})
    if (const auto at = by_kind.find(key); at != by_kind.end())
      found =
          std::min(found.value_or(*at->second.begin()), *at->second.begin());
  return found;
}

std::optional<claim_line::number>
claim_line::first_parked(const errand& what) const {
  if (!what.kind.empty())
    return parked_.first(what.kind);
  std::optional<number> found;
  for (const auto& [kinds, group] : groups_)
    if (!group.parked.empty() && !what.vain.contains(group.id))
      found = std::min(found.value_or(*group.parked.begin()),
                       *group.parked.begin());
  return found;
}

void claim_line::give(errand what) {
  if (const auto next = first_parked(what)) {
    ask(*next);
    claims_.at(*next).errands.push_back(std::move(what));
    return;
  }
  // Who asks right now may have asked too soon.
  std::optional<number> next;
  if (!what.kind.empty()) {
    next = asking_.first(what.kind);
  } else {
    for (const auto& [kinds, group] : groups_)
      if (!group.asking.empty() && !what.vain.contains(group.id))
        next = std::min(next.value_or(*group.asking.begin()),
                        *group.asking.begin());
  }
  if (!next)
    return; // it waits in the queue for a claim to come
  auto& later = claims_.at(*next).later;
  if (later.size() < most_held)
    later.push_back(std::move(what));
  else
    announce_all();
}

void claim_line::look(claim_group& where) {
  // One at a time: who looks now does it once more, or the next does.
  for (const auto asking : where.asking)
    if (auto& e = claims_.at(asking); e.looks || e.looks_later) {
      e.looks_later = true;
      return;
    }
  if (!where.parked.empty()) {
    const auto first = *where.parked.begin();
    ask(first);
    claims_.at(first).looks = true;
  } else if (!where.asking.empty()) {
    claims_.at(*where.asking.begin()).looks_later = true;
  }
}

void claim_line::ask(number claim) {
  auto& e = claims_.at(claim);
  unpark(claim);
  if (!std::exchange(e.asking, true)) {
    e.home->asking.insert(claim);
    asking_.add(e.claim.what.kinds, claim);
  }
  questions_.push_back(claim);
}

void claim_line::park(number claim) {
  auto& e = claims_.at(claim);
  e.asking = false;
  e.home->asking.erase(claim);
  asking_.remove(e.claim.what.kinds, claim);
  e.home->parked.insert(claim);
  parked_.add(e.claim.what.kinds, claim);
  deadlines_.emplace(e.claim.deadline, claim);
}

void claim_line::unpark(number claim) {
  auto& e = claims_.at(claim);
  if (e.home->parked.erase(claim) == 0)
    return;
  parked_.remove(e.claim.what.kinds, claim);
  deadlines_.erase({e.claim.deadline, claim});
}

void claim_line::set_due(claim_group& where, time_point due) {
  if (where.due != time_point::max())
    dues_.erase({where.due, &where});
  where.due = due;
  if (due != time_point::max())
    dues_.emplace(due, &where);
}

void claim_line::arrive(parked_claim claim) {
  const auto id = ++last_;
  auto& home = groups_[claim.what.kinds];
  if (home.id == 0)
    home.id = ++last_group_;
  by_reply_[claim.reply.get()] = id;
  auto& e = claims_[id];
  by_runner_[claim.what.runner.value].insert(id);
  e.claim = std::move(claim);
  e.home = &home;
  ask(id);
}

void claim_line::announce(const std::string& kind) {
  give({kind, {}});
}

void claim_line::announce_later(const std::string& kind, time_point due) {
  for (auto& [kinds, group] : groups_)
    if (takes(kinds, kind) && due < group.due)
      set_due(group, due);
}

void claim_line::announce_for(const runner_id& runner) {
  const auto waiting = by_runner_.find(runner.value);
  if (waiting == by_runner_.end())
    return;
  for (const auto claim : waiting->second) {
    if (auto& e = claims_.at(claim); e.asking)
      e.looks_later = true;
    else
      ask(claim);
  }
}

void claim_line::announce_for_later(const runner_id& runner, time_point due) {
  if (by_runner_.contains(runner.value) && wanted_dues_.size() < most_wanted)
    wanted_dues_.emplace(due, runner.value);
}

void claim_line::announce_all() {
  for (auto& [kinds, group] : groups_)
    look(group);
}

void claim_line::tick(time_point now) {
  while (!dues_.empty() && dues_.begin()->first <= now) {
    auto& group = *dues_.begin()->second;
    set_due(group, time_point::max());
    look(group);
  }
  while (!wanted_dues_.empty() && wanted_dues_.begin()->first <= now) {
    const runner_id runner{wanted_dues_.begin()->second};
    wanted_dues_.erase(wanted_dues_.begin());
    announce_for(runner);
  }
}

claim_line::entry claim_line::remove(number claim) {
  unpark(claim);
  const auto at = claims_.find(claim);
  auto& e = at->second;
  if (e.asking) {
    e.home->asking.erase(claim);
    asking_.remove(e.claim.what.kinds, claim);
  }
  by_reply_.erase(e.claim.reply.get());
  const auto of_runner = by_runner_.find(e.claim.what.runner.value);
  of_runner->second.erase(claim);
  if (of_runner->second.empty())
    by_runner_.erase(of_runner);
  auto left = std::move(e);
  claims_.erase(at);
  return left;
}

void claim_line::pass_on(entry& left, std::optional<time_point> again) {
  auto& group = *left.home;
  if (left.looks || left.looks_later) {
    if (!again)
      look(group);
    else if (*again < group.due)
      set_due(group, *again);
  }
  for (auto* errands : {&left.errands, &left.later})
    for (auto& what : *errands) {
      if (again)
        announce_later(what.kind, *again);
      else
        give(std::move(what));
    }
  forget_if_empty(left.claim.what.kinds);
}

void claim_line::forget_if_empty(const std::vector<std::string>& kinds) {
  const auto at = groups_.find(kinds);
  if (at == groups_.end() || !at->second.parked.empty()
      || !at->second.asking.empty())
    return;
  set_due(at->second, time_point::max());
  groups_.erase(at);
}

std::optional<parked_claim>
claim_line::found(number claim, const std::vector<std::string>& kinds) {
  if (!claims_.contains(claim))
    return std::nullopt;
  auto left = remove(claim);
  for (const auto& kind : kinds)
    for (auto* errands : {&left.errands, &left.later}) {
      const auto settled = std::ranges::find(*errands, kind, &errand::kind);
      if (settled == errands->end())
        continue;
      errands->erase(settled);
      break;
    }
  pass_on(left, std::nullopt);
  return std::move(left.claim);
}

std::optional<parked_claim>
claim_line::found_nothing(number claim, time_point now,
                          std::optional<time_point> next_due, bool wanted) {
  const auto at = claims_.find(claim);
  if (at == claims_.end())
    return std::nullopt;
  auto& e = at->second;
  if (next_due && *next_due < e.home->due)
    set_due(*e.home, *next_due);
  // Tasks of the kinds that it takes are gone; of others this says nothing.
  std::vector<errand> elsewhere;
  for (auto& what : std::exchange(e.errands, {}))
    if (what.kind.empty() && !e.claim.what.kinds.empty()) {
      what.vain.insert(e.home->id);
      elsewhere.push_back(std::move(what));
    }
  e.looks = false;
  std::optional<parked_claim> over;
  if (!wanted || draining_ || now >= e.claim.deadline) {
    auto left = remove(claim);
    pass_on(left, std::nullopt);
    over = std::move(left.claim);
  } else if (!e.later.empty() || e.looks_later) {
    e.errands = std::exchange(e.later, {});
    e.looks = std::exchange(e.looks_later, false);
    ask(claim);
  } else {
    park(claim);
  }
  for (auto& what : elsewhere)
    give(std::move(what));
  return over;
}

std::optional<parked_claim>
claim_line::failed(number claim, std::optional<time_point> again) {
  if (!claims_.contains(claim))
    return std::nullopt;
  auto left = remove(claim);
  pass_on(left, again);
  return std::move(left.claim);
}

std::optional<parked_claim> claim_line::leave(const pending_reply_ptr& reply) {
  const auto at = by_reply_.find(reply.get());
  if (at == by_reply_.end() || claims_.at(at->second).asking)
    return std::nullopt;
  auto left = remove(at->second);
  forget_if_empty(left.claim.what.kinds);
  return std::move(left.claim);
}

std::vector<parked_claim> claim_line::expire(time_point now) {
  std::vector<parked_claim> over;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    auto left = remove(deadlines_.begin()->second);
    forget_if_empty(left.claim.what.kinds);
    over.push_back(std::move(left.claim));
  }
  return over;
}

std::vector<parked_claim> claim_line::revoke(const access_rules& rules) {
  std::vector<number> revoked;
  for (auto& [id, e] : claims_) {
    if (e.claim.token == 0 || rules.holder(e.claim.token))
      continue;
    if (e.asking)
      e.claim.deadline = {};
    else
      revoked.push_back(id);
  }
  std::vector<parked_claim> over;
  for (const auto id : revoked) {
    auto left = remove(id);
    forget_if_empty(left.claim.what.kinds);
    over.push_back(std::move(left.claim));
  }
  return over;
}

std::vector<parked_claim> claim_line::drain() {
  draining_ = true;
  return expire(time_point::max());
}

std::vector<claim_line::question> claim_line::take_questions() {
  std::vector<question> ready;
  ready.reserve(questions_.size());
  for (const auto id : std::exchange(questions_, {})) {
    const auto& claim = claims_.at(id).claim;
    ready.push_back({id, claim.reply, claim.what, claim.deadline});
  }
  return ready;
}

std::optional<claim_line::time_point> claim_line::next_tick() const {
  std::optional<time_point> next;
  if (!deadlines_.empty())
    next = deadlines_.begin()->first;
  if (!dues_.empty())
    next = std::min(next.value_or(dues_.begin()->first), dues_.begin()->first);
  if (!wanted_dues_.empty())
    next = std::min(next.value_or(wanted_dues_.begin()->first),
                    wanted_dues_.begin()->first);
  return next;
}

bool announced_tasks::is_first_mention(const task_id& task) {
  if (!known_.insert(task).second)
    return false;
  order_.push_back(task);
  if (order_.size() > most) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

} // namespace telltale
