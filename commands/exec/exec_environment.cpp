#include "commands/exec/exec_environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <sys/prctl.h>
#include <unistd.h>

namespace telltale::commands {

bool is_ours_alone(std::string_view entry,
                   const std::vector<std::string>& names,
                   const std::vector<std::string>& tokens) {
  const auto name = entry.substr(0, entry.find('='));
  if (std::ranges::find(names, name) != names.end())
    return true;
  if (name.starts_with("TELLTALE_")
      && name.find("TOKEN") != std::string_view::npos)
    return true;
  if (name.size() == entry.size())
    return false;
  const auto value = entry.substr(name.size() + 1);
  return !value.empty() && std::ranges::find(tokens, value) != tokens.end();
}

std::vector<std::string>
inherited_environment(const std::vector<std::string>& names,
                      const std::vector<std::string>& tokens) {
  std::vector<std::string> result;
  for (auto* const* entry = environ; *entry != nullptr; ++entry)
    if (!is_ours_alone(*entry, names, tokens))
      result.emplace_back(*entry);
  return result;
}

void hide_from_others(const std::vector<std::string>& names,
                      const std::vector<std::string>& tokens) {
  ::prctl(PR_SET_DUMPABLE, 0);
  std::vector<std::string> gone;
  for (auto* const* entry = environ; *entry != nullptr; ++entry) {
    if (!is_ours_alone(*entry, names, tokens))
      continue;
    const std::string_view text{*entry};
    const auto name = text.substr(0, text.find('='));
    gone.emplace_back(name);
    if (name.size() < text.size())
      ::explicit_bzero(*entry + name.size() + 1, text.size() - name.size() - 1);
  }
  for (const auto& name : gone)
    ::unsetenv(name.c_str());
}

} // namespace telltale::commands
