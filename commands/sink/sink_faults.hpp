#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "commands/sink/sink_dialect.hpp"

namespace telltale::commands {

/// The faults that were asked for at `/faults`, in their order, each until it
/// is spent or its time is over. Pure: it is told the time. Bounded: beyond a
/// thousand, the oldest goes.
class sink_faults {
public:
  using moment = std::chrono::steady_clock::time_point;

  /// One more, as `/faults` words it; `clear` in it forgets all before it.
  void add(const boost::json::object& wanted, moment now);

  /// The fault that a message to this chat meets now, if any; it has one less
  /// to go then.
  [[nodiscard]] std::optional<sink_fault>
  meet(const std::string& relay, const std::string& chat, moment now);

  /// The fault that a request for Lark's token meets now, if any.
  [[nodiscard]] std::optional<sink_fault> meet_token(moment now);

  /// The fault that a question about a relay's credential meets now, if any.
  [[nodiscard]] std::optional<sink_fault> meet_probe(std::string_view relay,
                                                     moment now);

  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

private:
  struct entry {
    sink_fault fault;
    std::optional<moment> until; ///< none: until it is spent
  };

  template <class Fits>
  std::optional<sink_fault> meet_first(moment now, Fits fits);

  std::deque<entry> waiting_;
};

} // namespace telltale::commands
