#include "actors/redaction/confirm.hpp"

#include <algorithm>
#include <iterator>

#include "actors/redaction/characters.hpp"

namespace telltale::redact {

bool search::in_placeholder(std::size_t at) noexcept {
  while (cursor_ > 0 && placeholders_[cursor_ - 1].end > at)
    --cursor_;
  while (cursor_ < placeholders_.size() && placeholders_[cursor_].end <= at)
    ++cursor_;
  return cursor_ < placeholders_.size() && placeholders_[cursor_].begin <= at;
}

bool search::in_harmless(std::size_t at) const noexcept {
  const auto after = std::upper_bound(
      harmless_.begin(), harmless_.end(), at,
      [](std::size_t where, const stretch& x) { return where < x.begin; });
  return after != harmless_.begin() && std::prev(after)->end > at;
}

std::size_t search::run_end(std::size_t from, std::uint16_t set) {
  auto known = std::find_if(runs_.begin(), runs_.end(),
                            [&](const auto& r) { return r.set == set; });
  if (known == runs_.end())
    known = runs_.insert(runs_.end(), {set, 0, 0});
  if (from < known->begin || from >= known->end) {
    const auto end = skip(text, from, set);
    spend(end - from);
    *known = {set, from, end};
    return end;
  }
  return known->end;
}

std::size_t search::find_char(std::size_t from, std::size_t limit,
                              char wanted) {
  limit = std::min(limit, text.size());
  if (from >= limit)
    return limit;
  const auto set =
      static_cast<std::uint16_t>(static_cast<unsigned char>(wanted));
  auto known = std::find_if(gaps_.begin(), gaps_.end(),
                            [&](const auto& r) { return r.set == set; });
  if (known == gaps_.end())
    known = gaps_.insert(gaps_.end(), {set, 0, 0});
  auto at = from;
  if (from >= known->begin && from < known->end)
    at = std::min(known->end, limit);
  else
    *known = {set, from, from};
  const auto begin = at;
  while (at < limit && text[at] != wanted)
    ++at;
  spend(at - begin);
  known->end = std::max(known->end, at);
  return at;
}

} // namespace telltale::redact
