#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace telltale {

/// Finds many phrases in one pass over a text (Aho and Corasick's automaton
/// with all transitions spelled out). Letters match in either case; blanks of a
/// phrase match blank, tab, `_` and `-`. Immutable once built; any thread.
class phrase_scanner {
public:
  /// Phrases in lower case with single blanks; their index names them.
  explicit phrase_scanner(const std::vector<std::string_view>& phrases);

  /// Calls `on_hit(index, begin)` for every occurrence of every phrase, in
  /// order of their ends, until it returns false.
  template <class F> void scan(std::string_view text, F&& on_hit) const {
    std::size_t state = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      state = next_[state * width_ + class_of(text[i])];
      for (auto at = state; at != 0; at = shorter_[at]) {
        for (const auto index : ends_[at])
          if (!on_hit(std::size_t{index}, i + 1 - lengths_[index]))
            return;
      }
    }
  }

private:
  [[nodiscard]] std::size_t class_of(char c) const noexcept {
    return classes_[static_cast<unsigned char>(c)];
  }

  std::array<std::uint8_t, 256> classes_{}; ///< 0: in no phrase
  std::size_t width_ = 1;
  std::vector<std::uint16_t> next_;              ///< state × class → state
  std::vector<std::vector<std::uint16_t>> ends_; ///< phrases ending in a state
  std::vector<std::uint16_t>
      shorter_; ///< next suffix that ends a phrase; 0: none
  std::vector<std::size_t> lengths_;
};

} // namespace telltale
