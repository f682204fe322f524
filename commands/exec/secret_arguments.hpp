#pragma once

#include <string>
#include <vector>

namespace telltale::commands {

/// The command line with what known programs take for a secret replaced:
/// `mysql -pWORD`, `sshpass -p WORD`, `docker login -p WORD`, `curl -u U:WORD`,
/// also within the text of `sh -c`. Options that say what they are
/// (`--password=WORD`) are found by redaction as well. Pure.
[[nodiscard]] std::vector<std::string>
hide_secret_arguments(const std::vector<std::string>& command_line);

} // namespace telltale::commands
