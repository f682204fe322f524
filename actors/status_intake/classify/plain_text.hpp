#pragma once

#include <string>
#include <string_view>

namespace telltale {

/// A text as a person read it: without ANSI sequences (with or without their
/// escape character), without what a carriage return overwrote, without frames,
/// bars and spinners, with plain quotes and `\n` as the only line end. Pure,
/// linear; any thread.
[[nodiscard]] std::string plain_text(std::string_view text);

/// The same text with lines joined again that a terminal or a printer wrapped,
/// and with a structure that was printed over several lines on one line. A text
/// that shows no such line comes back as it is. Pure, linear.
[[nodiscard]] std::string unwrapped(std::string text);

} // namespace telltale
