#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "actors/redaction/detect/prefixes.hpp"

// Secrets and what stands around them, put together at run time, so that no
// scanner takes these files for a leak.

namespace telltale::test {

/// Random texts from a fixed seed.
class text_generator {
public:
  explicit text_generator(std::uint64_t seed = 20'240'611) : random_(seed) {}

  [[nodiscard]] std::size_t below(std::size_t n) { return random_() % n; }

  /// Letters and digits.
  [[nodiscard]] std::string noise(std::size_t n);

  /// At most so many fragments, with noise between them.
  [[nodiscard]] std::string text(std::size_t most);

private:
  std::mt19937_64 random_;
};

/// Pieces of secrets, of what stands around them, and of what breaks parsers.
[[nodiscard]] const std::vector<std::string>& redaction_fragments();

/// What follows the literal in a token of this vendor: as short as the row
/// allows, of the row's characters, obeying its rules.
[[nodiscard]] std::string sample_tail(const redact::prefix_row& row);

/// One token per row of prefixes.def, each in a sentence, and texts that the
/// fragments make.
[[nodiscard]] std::vector<std::string> redaction_seeds();

} // namespace telltale::test
