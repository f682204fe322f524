#pragma once

#include <span>
#include <string_view>

namespace telltale {

/// A file of config/locales/ as it was when the program was built.
struct locale_source {
  std::string_view name; ///< such as `zh-CN`
  std::string_view text;
};

/// All of them, English first.
[[nodiscard]] std::span<const locale_source> locale_sources() noexcept;

} // namespace telltale
