#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace telltale {

/// What the service counts; one row per value in counters.def.
enum class counter : std::uint8_t {
#define TELLTALE_COUNTER(name, kind, label, help) name,
#include "messages/counters.def"
#undef TELLTALE_COUNTER
};

enum class counter_kind : std::uint8_t { counter, gauge };

/// One row of counters.def.
struct counter_row {
  counter id{};
  std::string_view name; ///< without the `telltale_` prefix
  counter_kind kind{};
  std::string_view label; ///< empty: one series
  std::string_view help;
};

[[nodiscard]] const std::vector<counter_row>& counter_rows();

/// The service's tallies. Rooms add to it once per batch, the exporter reads
/// it. Any thread; a short lock.
class counter_board {
public:
  struct sample {
    counter id{};
    std::string label;
    double value = 0;
  };

  void add(counter id, std::string_view label = {}, double amount = 1);
  void set(counter id, std::string_view label, double value);
  [[nodiscard]] double read(counter id, std::string_view label = {}) const;
  [[nodiscard]] std::vector<sample> samples() const;

private:
  using key = std::pair<counter, std::string>;
  mutable std::mutex guard_;
  std::map<key, double, std::less<>> values_;
};

/// Shared by all rooms of one service.
using counter_board_ptr = std::shared_ptr<counter_board>;

} // namespace telltale
