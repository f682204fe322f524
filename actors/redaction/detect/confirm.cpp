#include "actors/redaction/detect/confirm.hpp"

#include <algorithm>
#include <iterator>

#include "actors/redaction/text/characters.hpp"

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

void search::mask_rest(bool keep_half) {
  if (finds_.empty())
    return;
  const auto first = std::min_element(
      finds_.begin(), finds_.end(),
      [](const find& a, const find& b) { return a.begin < b.begin; });
  finds_ = {{keep_half ? first->begin / 2 : 0, text.size(),
             secret_class::work_budget}};
}

std::size_t search::run_end(std::size_t from, std::uint16_t set) {
  auto& known = runs_.of(set, &known_run::set);
  if (from < known.begin || from >= known.end) {
    const auto end = skip(text, from, set);
    spend(end - from);
    known = {set, from, end};
  }
  return known.end;
}

stretch search::run_around(std::size_t at, std::uint16_t set) {
  auto& known = whole_runs_.of(set, &known_run::set);
  if (at < known.begin || at >= known.end) {
    known = {set, skip_back(text, at, set, at), skip(text, at, set)};
    spend(known.end - known.begin);
  }
  return {known.begin, known.end};
}

search::known_gap& search::gap_for(std::uintptr_t what, std::size_t from) {
  auto& gap = gaps_.of(what, &known_gap::what);
  if (from < gap.begin || from > gap.end)
    gap = {what, from, from};
  return gap;
}

std::size_t search::find_char(std::size_t from, std::size_t limit,
                              char wanted) {
  limit = std::min(limit, text.size());
  if (from >= limit)
    return limit;
  auto& gap = gap_for(static_cast<unsigned char>(wanted), from);
  if (gap.end >= limit)
    return limit;
  const auto at = std::min(text.substr(0, limit).find(wanted, gap.end), limit);
  spend(at - gap.end);
  gap.end = at;
  return at;
}

std::size_t search::find_literal(std::size_t from, std::size_t limit,
                                 std::string_view literal) {
  limit = std::min(limit, text.size());
  if (from >= limit || limit - from < literal.size())
    return limit;
  auto& gap = gap_for(reinterpret_cast<std::uintptr_t>(literal.data()), from);
  const auto last = limit - literal.size(); // where it may begin at the latest
  if (gap.end > last)
    return limit;
  const auto at = text.substr(0, limit).find(literal, gap.end);
  const auto until = at == std::string_view::npos ? last + 1 : at;
  spend(until - gap.end);
  gap.end = until;
  return std::min(at, limit);
}

std::size_t search::find_any(std::size_t from, std::size_t limit,
                             std::uint16_t set) {
  limit = std::min(limit, text.size());
  if (from >= limit)
    return limit;
  auto& gap = gap_for((std::uintptr_t{set} << 8U) | 0xffU, from);
  auto at = gap.end;
  while (at < limit && !is(text[at], set))
    ++at;
  spend(at - std::min(at, gap.end));
  gap.end = std::max(gap.end, at);
  return std::min(at, limit);
}

std::size_t search::find_word(std::size_t from, std::size_t limit,
                              std::size_t least) {
  limit = std::min(limit, text.size());
  if (from >= limit)
    return limit;
  auto& gap = gap_for((std::uintptr_t{least} << 32U) | 0xffU, from);
  auto at = gap.end;
  while (at + least <= limit) {
    if (!is(text[at], glyph::alnum)) {
      ++at;
      continue;
    }
    const auto end = run_end(at, glyph::alnum);
    if (end - at >= least)
      break;
    at = end;
  }
  spend(at - gap.end);
  gap.end = at;
  return at + least <= limit ? at : limit;
}

} // namespace telltale::redact
