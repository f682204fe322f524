#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace telltale::commands {

/// Completions of the whole command line for `bash`, `zsh` or `fish`, made from
/// the declared commands and options. Empty for another shell. Pure.
[[nodiscard]] std::string completion_for(const CLI::App& program,
                                         std::string_view shell);

/// The manual page (troff) of the whole command line, from the same
/// declarations. Pure.
[[nodiscard]] std::string manual_page(const CLI::App& program,
                                      std::string_view version);

} // namespace telltale::commands
