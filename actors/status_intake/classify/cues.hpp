#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "actors/status_intake/classify/lines.hpp"
#include "actors/status_intake/classify/structured_error.hpp"
#include "actors/status_intake/classify/words.hpp"

namespace telltale {

/// How much a line's evidence weighs against that of other lines; among equals
/// the last counts.
enum class strength : std::uint8_t {
  none,
  distant,    ///< said by chance, far from the end
  exit_code,  ///< a process ended
  likely,     ///< a warning, a crash, a line that may be the error
  phrase,     ///< an error line's words
  status,     ///< a status in its place
  structured, ///< a provider's own structure
};

/// Where a line stands.
enum class place : std::uint8_t {
  middle,
  tail,  ///< one of the last lines that say something
  last,  ///< the very last of them
  alone, ///< of a text so short that every line may be the error
};

/// What one line proves.
struct line_evidence {
  rule says = rule::none;
  strength weighs = strength::none;
  std::size_t at = 0;           ///< where in the line its first proof stands
  structured_error structure;   ///< what it was read from, if from one
  bool speaks_of_error = false; ///< worth quoting, whatever it proves
};

/// Judges a line by its phrases (`hits`: those of the whole text that lie in
/// it). Pure, linear; any thread.
[[nodiscard]] line_evidence judge_line(const text_line& line,
                                       std::span<const phrase_hit> hits,
                                       place where);

} // namespace telltale
