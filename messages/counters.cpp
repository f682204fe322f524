#include "messages/counters.hpp"

#include <algorithm>

namespace telltale {

const std::vector<counter_row>& counter_rows() {
  static const std::vector<counter_row> rows{
#define TELLTALE_COUNTER(name, kind, label, help)                              \
  counter_row{counter::name, #name, counter_kind::kind, label, help},
#include "messages/counters.def"
#undef TELLTALE_COUNTER
  };
  return rows;
}

namespace {

/// Series of one row. Labels are names that the program or its configuration
/// knows; should one ever come from elsewhere, it cannot grow without bound.
constexpr std::size_t most_series = 1'000;

/// The series of this label, or `other` where there are too many.
template <class Map> typename Map::mapped_type&
series_of(Map& all, counter id, std::string_view label) {
  typename Map::key_type key{id, std::string{label}};
  const auto found = all.lower_bound(key);
  if (found != all.end() && found->first == key)
    return found->second;
  const auto first = all.lower_bound(typename Map::key_type{id, {}});
  std::size_t known = 0;
  for (auto at = first; at != all.end() && at->first.first == id; ++at)
    ++known;
  if (known >= most_series)
    key.second = "other";
  return all[std::move(key)];
}

} // namespace

void counter_board::add(counter id, std::string_view label, double amount) {
  const std::scoped_lock lock{guard_};
  series_of(values_, id, label) += amount;
}

void counter_board::set(counter id, std::string_view label, double value) {
  const std::scoped_lock lock{guard_};
  series_of(values_, id, label) = value;
}

void counter_board::observe(counter id, std::string_view label,
                            double seconds) {
  const auto bucket = static_cast<std::size_t>(
      std::ranges::lower_bound(bounds, seconds) - bounds.begin());
  const std::scoped_lock lock{guard_};
  auto& seen = series_of(distributions_, id, label);
  ++seen.counts[bucket];
  seen.sum += seconds;
}

std::shared_ptr<std::atomic<std::uint64_t>>
counter_board::cell(counter id, std::string_view label) {
  const std::scoped_lock lock{guard_};
  std::erase_if(cells_, [](const auto& each) { return each.second.expired(); });
  auto& kept = cells_[{id, std::string{label}}];
  auto shared = kept.lock();
  if (!shared) {
    shared = std::make_shared<std::atomic<std::uint64_t>>(0);
    kept = shared;
  }
  return shared;
}

void counter_board::forget(counter id, std::string_view label) {
  const std::scoped_lock lock{guard_};
  values_.erase(key{id, std::string{label}});
}

namespace {

template <class Map>
void erase_all(Map& series, counter id, std::string_view first_value) {
  std::erase_if(series, [&](const auto& entry) {
    const std::string_view label = entry.first.second;
    return entry.first.first == id && label.starts_with(first_value)
           && (label.size() == first_value.size()
               || label[first_value.size()] == '/');
  });
}

} // namespace

void counter_board::forget_all(counter id, std::string_view first_value) {
  const std::scoped_lock lock{guard_};
  erase_all(values_, id, first_value);
  erase_all(distributions_, id, first_value);
}

double counter_board::read(counter id, std::string_view label) const {
  const std::scoped_lock lock{guard_};
  const key series{id, std::string{label}};
  const auto found = values_.find(series);
  double value = found == values_.end() ? 0 : found->second;
  if (const auto kept = cells_.find(series); kept != cells_.end())
    if (const auto shared = kept->second.lock())
      value += static_cast<double>(shared->load());
  return value;
}

std::vector<counter_board::sample> counter_board::samples() const {
  const std::scoped_lock lock{guard_};
  auto values = values_;
  for (const auto& [id, kept] : cells_)
    if (const auto shared = kept.lock())
      values[id] += static_cast<double>(shared->load());
  std::vector<sample> result;
  result.reserve(values.size());
  for (const auto& [id, value] : values)
    result.push_back({id.first, id.second, value});
  return result;
}

std::vector<counter_board::distribution> counter_board::distributions() const {
  const std::scoped_lock lock{guard_};
  std::vector<distribution> result;
  for (const auto& [id, seen] : distributions_) {
    result.push_back(seen);
    result.back().id = id.first;
    result.back().label = id.second;
  }
  return result;
}

} // namespace telltale
