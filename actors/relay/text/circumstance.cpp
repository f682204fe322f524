#include "actors/relay/text/circumstance.hpp"

#include <array>
#include <charconv>

namespace telltale {

namespace {

struct phrase {
  std::string_view before; ///< the number stands right behind it
  int added;               ///< to the number
};

constexpr std::array phrases{
    phrase{"exit status ", 0},        phrase{"exit code ", 0},
    phrase{"exit code: ", 0},         phrase{"exited with code ", 0},
    phrase{"exited with status ", 0}, phrase{"exited with exit code ", 0},
    phrase{"killed by signal ", 128}, phrase{"terminated by signal ", 128},
};

struct explained {
  int code;
  std::string_view key;
};

constexpr std::array explained_codes{
    explained{137, "exit_137"}, explained{143, "exit_143"},
    explained{124, "exit_124"}, explained{126, "exit_126"},
    explained{127, "exit_127"},
};

/// The reasons whose own sentence says no more than that something ended.
bool is_vague(std::string_view reason) noexcept {
  return reason.empty() || reason == "agent_error.process_failure"
         || reason == "agent_error.unknown";
}

} // namespace

std::optional<int> exit_code_in(std::string_view detail) noexcept {
  std::optional<int> last;
  std::size_t place = 0;
  for (const auto& one : phrases) {
    const auto at = detail.rfind(one.before);
    if (at == std::string_view::npos || (last && at < place))
      continue;
    const auto* from = detail.data() + at + one.before.size();
    int number = 0;
    const auto [end, error] =
        std::from_chars(from, detail.data() + detail.size(), number);
    if (error != std::errc{} || number < 0 || number > 255)
      continue;
    last = number + one.added;
    place = at;
  }
  return last;
}

std::string_view circumstance_of(const message_facts& what) noexcept {
  if (what.reason == "queued_expired" && what.attempt > 1)
    return "retry_not_picked_up";
  if (!is_vague(what.reason))
    return {};
  const auto code = exit_code_in(what.detail);
  for (const auto& one : explained_codes)
    if (code == one.code)
      return one.key;
  return {};
}

} // namespace telltale
