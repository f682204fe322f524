#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "config/tree.hpp"

namespace telltale::config {

/// The keys of a path as TOML writes it, `retry.reasons."a.b".attempts`. Empty
/// if it is not one.
[[nodiscard]] std::vector<std::string> split_path(std::string_view path);

/// The keys that a variable `TELLTALE_SECTION__KEY` names: two underscores part
/// them, three stand for a dot, and in the name of a relay one stands for a
/// hyphen. Empty if the variable names no option at all.
[[nodiscard]] std::vector<std::string> split_variable(std::string_view name);

/// Lays the variables that name options over `root`.
void put_environment(node& root,
                     const std::map<std::string, std::string>& environment);

/// Lays `section.key=value` over `root`; gives what could not be read.
[[nodiscard]] std::vector<problem>
put_overrides(node& root, const std::vector<std::string>& overrides);

} // namespace telltale::config
