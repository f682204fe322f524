#pragma once

#include <optional>
#include <string_view>

#include "actors/relay/text/render.hpp"

namespace telltale {

/// The exit code that a detail names last (`exit status 137`, `exited with code
/// 1`, `killed by signal 9`, which is 137).
[[nodiscard]] std::optional<int> exit_code_in(std::string_view detail) noexcept;

/// Which sentence of the catalogue's `[circumstance]` says more than that of
/// the reason; empty: none.
[[nodiscard]] std::string_view
circumstance_of(const message_facts& what) noexcept;

} // namespace telltale
