#pragma once

#include <cstdint>

// The index of the words of finished tasks, which searches ask.

namespace telltale {

/// Writes the words of at most `limit` tasks to the index: those that finished
/// after the ones that it has, or whose texts changed since.
struct index_words {
  std::uint32_t limit = 500;

  bool operator==(const index_words&) const = default;
};

/// Why the index is as it is.
enum class word_index : std::uint8_t {
  ready,   ///< it is filled, or being filled
  busy,    ///< another replica fills it just now
  missing, ///< PostgreSQL has no pg_trgm for us: searches read the tasks
};

struct words_indexed {
  word_index state = word_index::ready;
  std::uint32_t indexed = 0;
  bool more = false; ///< there is more to be written at once
  /// Other connections to the database were at work meanwhile.
  bool contended = false;

  bool operator==(const words_indexed&) const = default;
};

} // namespace telltale
