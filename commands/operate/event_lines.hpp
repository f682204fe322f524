#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "commands/client/terminal.hpp"

namespace telltale::commands {

/// One event of a `text/event-stream`.
struct stream_event {
  std::optional<std::int64_t> id;
  std::string type;
  std::string data;

  bool operator==(const stream_event&) const = default;
};

/// Takes an event stream apart as it comes, in pieces of any size. Comments are
/// dropped; several `data` lines are joined by line ends.
class stream_reader {
public:
  void feed(std::string_view bytes,
            const std::function<void(const stream_event&)>& on_event);

private:
  void take(std::string_view line,
            const std::function<void(const stream_event&)>& on_event);

  std::string line_;
  stream_event event_;
  bool has_data_ = false;
  bool after_return_ = false;
};

/// Is an event of this type (`task:failed`) among those asked for? A name may
/// leave out what stands before the colon; none asked for: all.
[[nodiscard]] bool is_wanted(std::string_view type,
                             const std::vector<std::string>& asked);

/// One line about one envelope: when, what, which run, why. Pure.
[[nodiscard]] std::string event_line(const boost::json::value& envelope,
                                     const terminal& on, timestamp now);

} // namespace telltale::commands
