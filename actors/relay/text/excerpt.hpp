#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace telltale {

/// The text itself if it has at most `limit` characters (code points), else its
/// beginning with `…` at the cut, `limit` characters with it. Never cut inside
/// a UTF-8 sequence, inside what a reader sees as one character (combining
/// marks, joined emoji, flags) or inside a redaction placeholder. Bytes that
/// are no UTF-8 count as a character each.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t limit);

/// Without blanks at both ends and control characters other than line feed and
/// tab, also those that would turn around what follows: embeddings, overrides
/// and isolates of another direction. Text in any script stays as it is.
[[nodiscard]] std::string tidy(std::string_view text);

/// Tidy and on one line.
[[nodiscard]] std::string one_line(std::string_view text);

} // namespace telltale
