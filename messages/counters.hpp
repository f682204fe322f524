#pragma once

#include <array>
#include <atomic>
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

enum class counter_kind : std::uint8_t { counter, gauge, histogram };

/// One row of counters.def.
struct counter_row {
  counter id{};
  std::string_view name; ///< without the `telltale_` prefix
  counter_kind kind{};
  std::string_view label; ///< empty: one series; with slashes: several labels
  std::string_view help;
};

[[nodiscard]] const std::vector<counter_row>& counter_rows();

/// The service's tallies. Actors add to it once a batch, the exporter reads
/// it. Any thread; a short lock.
class counter_board {
public:
  struct sample {
    counter id{};
    std::string label;
    double value = 0;
  };

  /// Upper bounds of the histograms' buckets, in seconds; one more is open.
  static constexpr std::array<double, 12> bounds{
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60};

  /// What a histogram saw.
  struct distribution {
    counter id{};
    std::string label;
    std::array<std::uint64_t, bounds.size() + 1> counts{}; ///< not cumulated
    double sum = 0;
  };

  void add(counter id, std::string_view label = {}, double amount = 1);
  void set(counter id, std::string_view label, double value);
  void observe(counter id, std::string_view label, double seconds);
  /// A tally without a lock, for what counts each message. Whoever asks for the
  /// same series shares it; the series ends with the last of them.
  [[nodiscard]] std::shared_ptr<std::atomic<std::uint64_t>>
  cell(counter id, std::string_view label);
  /// Takes a series away: what it spoke of is gone.
  void forget(counter id, std::string_view label);
  /// Takes away all series, histograms too, of which the label is this value or
  /// begins with it and a slash.
  void forget_all(counter id, std::string_view first_value);
  [[nodiscard]] double read(counter id, std::string_view label = {}) const;
  [[nodiscard]] std::vector<sample> samples() const;
  [[nodiscard]] std::vector<distribution> distributions() const;

private:
  using key = std::pair<counter, std::string>;
  mutable std::mutex guard_;
  std::map<key, double, std::less<>> values_;
  std::map<key, std::weak_ptr<std::atomic<std::uint64_t>>, std::less<>> cells_;
  std::map<key, distribution, std::less<>> distributions_;
};

/// Shared by all actors of one service.
using counter_board_ptr = std::shared_ptr<counter_board>;

} // namespace telltale
