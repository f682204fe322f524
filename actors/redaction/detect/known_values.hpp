#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/redaction/rewrite/placeholder.hpp"

namespace telltale::redact {

/// Finds many values of at least eight bytes in a text, each wherever it
/// stands. Linear in the text.
class value_finder {
public:
  static constexpr std::size_t least = 8;

  /// Values that are too short are ignored. `owner` comes back with a hit.
  void add(std::string value, std::uint32_t owner);

  struct hit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint32_t owner = 0;
  };

  /// Appends the places, one for each position: that of the longest value
  /// there. They may overlap; those of one owner that do so are one. If
  /// comparing takes too much work, which only values that repeat themselves
  /// bring about, the rest of the text is one.
  void find(std::string_view text, std::vector<hit>& out) const;

  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }

private:
  struct entry {
    std::string text;
    std::uint32_t owner = 0;
  };
  std::vector<entry> values_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_head_;
  std::bitset<16'384> seen_; ///< of the heads' hashes
};

/// How a value may be spelled: raw, JSON-, shell-, HTML-, percent-, hex- and
/// `\u`-escaped, base64 at each of the three places where it may begin.
[[nodiscard]] std::vector<std::string> spellings(std::string_view value);

/// Adds a value in all its spellings.
void add_spellings(value_finder& finder, std::string_view value,
                   std::uint32_t owner);

/// May a registered value be masked? Not if it is too short or too common: it
/// would mask half of every text.
[[nodiscard]] bool is_fit_to_register(std::string_view value) noexcept;

} // namespace telltale::redact
