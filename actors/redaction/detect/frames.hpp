#pragma once

#include <string>
#include <string_view>

namespace telltale::redact {

/// Shortens the stack traces of a text for people: of each block of frames the
/// first six and the last three stay, with `… 38 frames omitted` between. Lines
/// that are no frames (exceptions, `Caused by`, `panic:`) stay.
[[nodiscard]] std::string fold_frames(std::string_view text);

} // namespace telltale::redact
