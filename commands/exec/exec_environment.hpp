#pragma once

#include <string>
#include <string_view>
#include <vector>

// What a command may see of us: its environment without our tokens, and nothing
// of them where another process of the same user could look.

namespace telltale::commands {

/// Is this `NAME=value` ours alone? By its name (one of `names`, or
/// `TELLTALE_…TOKEN…`), or because its value is one of our tokens under
/// whatever name. Pure.
[[nodiscard]] bool is_ours_alone(std::string_view entry,
                                 const std::vector<std::string>& names,
                                 const std::vector<std::string>& tokens);

/// The variables of this process without those, as `NAME=value`.
[[nodiscard]] std::vector<std::string>
inherited_environment(const std::vector<std::string>& names,
                      const std::vector<std::string>& tokens);

/// Overwrites those variables where the kernel put them, which is what
/// `/proc/PID/environ` shows, and takes them out of our environment; then no
/// other process of the user may read our memory, and no core dump is written.
/// Before the first thread.
void hide_from_others(const std::vector<std::string>& names,
                      const std::vector<std::string>& tokens);

} // namespace telltale::commands
