#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <spdlog/formatter.h>

namespace telltale {

/// `text` with nothing in it that could end a line or speak to a terminal:
/// control characters (C0, DEL, C1), line separators and marks of direction
/// become `\n`, `\x1b` or `\u2028`, invalid UTF-8 becomes U+FFFD. With `quotes`
/// it may stand in a JSON string.
[[nodiscard]] std::string one_line(std::string_view text, bool quotes);

/// One record per line, whatever its message holds:
///
///     2026-06-23T10:49:00.123Z info  [reaper] settled 3 tasks
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_text_format();

/// One JSON object per line, with `time`, `level`, `logger` and `message`.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_json_format();

} // namespace telltale
