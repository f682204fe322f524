#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace telltale {

/// What a line of a transcript is.
enum class nature : std::uint8_t {
  blank,
  error,   ///< it speaks of an error where a program does
  warning, ///< of one that was not the last
  quiet,   ///< a log's record of level `info` or below
  frame,   ///< of a stack trace, or what stands around one
  test,    ///< what a test is called, expected, or found
  diff,
  command, ///< one that was run, a tool that was called
  list,
  heading,
  prose, ///< a sentence
  plain, ///< none of these
};

/// A line by its form alone.
struct text_line {
  std::string_view text; ///< without blanks around it
  std::size_t at = 0;    ///< where it begins in the whole text
  nature is = nature::plain;
  std::size_t speech =
      0; ///< where it begins to speak: after marks, times, levels
};

/// The lines of a text that plain_text() and unwrapped() made, without the
/// blank ones. Pure, linear; any thread.
[[nodiscard]] std::vector<text_line> read_lines(std::string_view text);

/// Does a line read like a sentence that somebody wrote?
[[nodiscard]] bool is_sentence(std::string_view text);

/// `openai.RateLimitError: …`, `KeyError`: where the name of an exception that
/// leads a line ends, or 0.
[[nodiscard]] std::size_t end_of_exception(std::string_view text);

} // namespace telltale
