#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace telltale::config {

/// One option that differs.
struct change {
  std::string path;  ///< `http.threads`, `relays.octo-main`
  bool live = false; ///< a running service takes it over

  bool operator==(const change&) const = default;
};

/// Which options differ, in the order of the reference. Values are not told:
/// they may be secrets. A relay that came or went is one change.
[[nodiscard]] std::vector<change> find_changes(const settings& old,
                                               const settings& now);

/// What a reload comes to.
struct reload_report {
  std::vector<std::string> taken_over;    ///< paths of live options
  std::vector<std::string> needs_restart; ///< paths of all others
};

[[nodiscard]] reload_report report_reload(const settings& old,
                                          const settings& now);

/// Why nothing of `now` may be taken over, though it is valid by itself: a file
/// that was emptied by mistake must not open a running service.
[[nodiscard]] std::optional<std::string> reload_refusal(const settings& old,
                                                        const settings& now);

/// What a running service goes on with after a reload: `now`, save for what
/// needs a restart, which stays as it was: restart-only options; a relay that
/// changes its type.
[[nodiscard]] settings taken_over(const settings& old, const settings& now);

} // namespace telltale::config
