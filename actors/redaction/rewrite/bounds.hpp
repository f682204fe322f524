#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace telltale::redact {

/// A text's bound, in bytes or in characters.
struct bound {
  std::size_t most = 0;
  bool characters = false;

  [[nodiscard]] bool holds(std::string_view text) const noexcept;
};

/// Cuts a text's middle out so that it is within its bound: 60 % of its head
/// and 40 % of its tail stay, with `… [12,345 bytes, 210 lines omitted] …`
/// between. Cuts at a line's end if one is near, else between characters, never
/// inside a placeholder. A text within its bound stays as it is.
[[nodiscard]] std::string cut_middle(std::string_view text, bound limit);

/// Cuts a huge text before anything looks at it: first and last 256 KiB, cut at
/// line ends; a text of at most 1 MiB stays as it is.
[[nodiscard]] std::string_view bound_input(std::string_view text,
                                           std::string& keep);

/// `12345` as `12,345`.
[[nodiscard]] std::string grouped(std::size_t n);

} // namespace telltale::redact
