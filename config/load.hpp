#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"

namespace telltale::config {

/// What to read. Later ones win: defaults, file, environment, overrides.
struct load_request {
  /// Path of the TOML file, which must be there. Unset: `./telltale.toml` if it
  /// is there, else none.
  std::optional<std::string> file;
  /// All of it; `TELLTALE_SECTION__KEY` sets options, and secrets may come from
  /// any variable.
  std::map<std::string, std::string> environment;
  std::vector<std::string> overrides; ///< `section.key=value`
};

/// A secret that was to come from a variable which is unset or empty.
struct missing_secret {
  origin where;
  std::string path;     ///< `relays.octo-main.token`
  std::string variable; ///< `OCTO_BOT_TOKEN`
  bool in_use = true;   ///< false: of an option that the rest makes idle
};

/// What was read.
struct load_result {
  settings values;                 ///< to be used only if `ok()`
  std::optional<std::string> file; ///< the file that was read
  std::vector<problem> errors;     ///< all at once, in the order of the file
  std::vector<problem> warnings;   ///< each missing secret among them
  std::vector<missing_secret> missing_secrets;

  /// Whether the configuration is a valid one. Secrets may still be missing:
  /// the machine that checks a file need not hold them.
  [[nodiscard]] bool ok() const { return errors.empty(); }
};

/// Reads and checks everything. Never throws for what people wrote; blocks on
/// the files that are named. No text in it holds a secret's value.
[[nodiscard]] load_result load(const load_request& what);

/// What keeps the service from running with `read`: its errors, and its missing
/// secrets that are in use, each naming its variable.
[[nodiscard]] std::vector<problem> refusals(const load_result& read);

/// This process's environment.
[[nodiscard]] std::map<std::string, std::string> process_environment();

} // namespace telltale::config
