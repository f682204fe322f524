#pragma once

#include <string>

namespace telltale::config {

/// May every user of the machine change this file? Links are followed.
[[nodiscard]] bool is_writable_by_all(const std::string& file);

/// What an operator is told of such a file.
[[nodiscard]] std::string everybody_writes(const std::string& file);

} // namespace telltale::config
