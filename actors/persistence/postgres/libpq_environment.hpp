#pragma once

#include <string_view>

namespace telltale {

/// Whose database a process uses.
enum class database_home : unsigned char {
  embedded,     ///< its own cluster
  of_the_config ///< the one that `database.url` names
};

/// Does this variable of libpq's have nothing to say? Beside an embedded
/// cluster that is all of them: they mean other servers. Beside a URL it is
/// what leads elsewhere or sets up a session in another way; credentials and
/// TLS files may come from there. Pure.
[[nodiscard]] bool is_ignored(std::string_view variable,
                              database_home home) noexcept;

/// Takes what is ignored out of this process's environment. Before its second
/// thread starts.
void forget_libpq_environment(database_home home);

} // namespace telltale
