#pragma once

#include <string_view>

namespace telltale {

/// Does a text show nothing to a reader? White space of any script, control
/// characters, zero-width and bidirectional marks count as nothing; so does no
/// text. Blank counts as absent everywhere (docs/task_lifecycle.md).
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

} // namespace telltale
