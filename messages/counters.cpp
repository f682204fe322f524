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

void counter_board::add(counter id, std::string_view label, double amount) {
  const std::scoped_lock lock{guard_};
  values_[{id, std::string{label}}] += amount;
}

void counter_board::set(counter id, std::string_view label, double value) {
  const std::scoped_lock lock{guard_};
  values_[{id, std::string{label}}] = value;
}

void counter_board::observe(counter id, std::string_view label,
                            double seconds) {
  const auto bucket = static_cast<std::size_t>(
      std::ranges::lower_bound(bounds, seconds) - bounds.begin());
  const std::scoped_lock lock{guard_};
  auto& seen = distributions_[{id, std::string{label}}];
  ++seen.counts[bucket];
  seen.sum += seconds;
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
  const auto found = values_.find(key{id, std::string{label}});
  return found == values_.end() ? 0 : found->second;
}

std::vector<counter_board::sample> counter_board::samples() const {
  const std::scoped_lock lock{guard_};
  std::vector<sample> result;
  result.reserve(values_.size());
  for (const auto& [id, value] : values_)
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
