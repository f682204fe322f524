#pragma once

#include <string_view>

namespace telltale {

// The files of config/locales/ as they were when the program was built.
[[nodiscard]] std::string_view locale_source_en() noexcept;
[[nodiscard]] std::string_view locale_source_zh_cn() noexcept;

} // namespace telltale
