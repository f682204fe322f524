#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "http/client.hpp"

namespace telltale::http {

/// Makes clients that can be let go of on any thread at once: the end of a
/// client waits for a name lookup under way, which can take seconds, so it
/// happens on a thread of its own. Any thread.
class client_closer {
public:
  client_closer();
  /// Waits for clients that have not ended yet, at most `longest_wait`.
  ~client_closer();
  client_closer(const client_closer&) = delete;
  client_closer& operator=(const client_closer&) = delete;

  static constexpr std::chrono::milliseconds longest_wait{2'000};

  /// Throws as the client's constructor does.
  [[nodiscard]] std::shared_ptr<client> make(client_options options);

  /// Clients that were made and have not ended.
  [[nodiscard]] std::size_t open() const;

  /// Waits until there are none. False: there still are some.
  bool wait_for_none(std::chrono::milliseconds longest) const;

private:
  struct tally;
  std::shared_ptr<tally> tally_; ///< outlives this while a client ends
};

} // namespace telltale::http
