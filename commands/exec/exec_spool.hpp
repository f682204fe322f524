#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "commands/client/runner_client.hpp"

namespace telltale::commands {

/// The last report of a command whose service was away, with what it takes to
/// tell it later. Redacted before it gets here.
struct spooled_report {
  std::string server; ///< URL
  std::string task;   ///< empty: could not be made, `creation` makes it
  std::string token;  ///< the attempt's own; empty: the runner token of then
  boost::json::object report; ///< the body of the report
  boost::json::object
      creation; ///< the body of `POST /tasks`, if `task` is empty
  std::string idempotency_key; ///< of the creation

  bool operator==(const spooled_report&) const = default;
};

[[nodiscard]] std::string write_spooled(const spooled_report& what);
/// Nothing if it is no such file, or one that was cut short.
[[nodiscard]] std::optional<spooled_report>
read_spooled(const std::string& text);

/// `$XDG_STATE_HOME/telltale/spool`, else `~/.local/state/telltale/spool`;
/// empty if the environment names neither.
[[nodiscard]] std::filesystem::path spool_folder();

/// Reports on disk, in a folder that only its user may enter. Any process may
/// use it at any time; none throws.
class report_spool {
public:
  /// An empty folder: nothing is kept.
  explicit report_spool(std::filesystem::path folder)
      : folder_(std::move(folder)) {}

  [[nodiscard]] bool keeps() const noexcept { return !folder_.empty(); }

  /// Writes it through to the disk. The file; empty if that failed, and why.
  [[nodiscard]] std::filesystem::path put(const spooled_report& what,
                                          std::string& trouble) const;

  static void drop(const std::filesystem::path& file) noexcept;

  /// What came of `send`.
  struct tally {
    std::size_t sent = 0;
    std::size_t refused = 0; ///< the service wants none of it: dropped
    std::size_t kept = 0;    ///< the service is away, or the token not good
    std::size_t expired = 0; ///< older than a week: dropped
    std::string trouble;     ///< of the last one that was kept or refused
  };

  /// Tells what is there for the service, oldest first, and stops at the first
  /// that finds it away.
  [[nodiscard]] tally send(runner_client& service) const;

private:
  std::filesystem::path folder_;
};

} // namespace telltale::commands
