#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/message.hpp>
#include <caf/stateful_actor.hpp>

#include "actors/system/fatal_mailbox.hpp"
#include "messages/counters.hpp"

// Supervision: every actor stands behind a supervisor, an actor whose handle
// stays good while the actor behind it is started again. The supervisor passes
// each message on as it came, so answers go straight to whoever asked.

namespace telltale {

/// How often an actor may crash before the process gives up.
struct restart_limit {
  std::size_t crashes = 5;
  std::chrono::seconds within{60};
};

/// Pure: may an actor that crashed at these moments be started once more?
[[nodiscard]] bool
may_restart(std::deque<std::chrono::steady_clock::time_point>& crashes,
            std::chrono::steady_clock::time_point now,
            const restart_limit& limit);

/// Is this message one of a kind?
using message_test = bool (*)(const caf::message&);

/// The test for messages that consist of one `T`.
template <class T> [[nodiscard]] message_test keeps() noexcept {
  return [](const caf::message& what) { return what.match_elements<T>(); };
}

/// A kind of message of which a restarted actor is told the newest again.
struct kept_message {
  message_test is_of_kind = nullptr;
  caf::message newest; ///< empty: none has come yet
};

/// Starts a supervised actor, as often as it takes. On the supervisor's thread.
class actor_factory {
public:
  virtual ~actor_factory() = default;
  [[nodiscard]] virtual caf::actor start() const = 0;
};

using actor_factory_ptr = std::shared_ptr<const actor_factory>;

/// The factory whose actors `how()` returns.
template <class Start>
[[nodiscard]] actor_factory_ptr make_actor_factory(Start how) {
  class factory final : public actor_factory {
  public:
    explicit factory(Start start) : start_(std::move(start)) {}
    [[nodiscard]] caf::actor start() const override {
      return caf::actor_cast<caf::actor>(start_());
    }

  private:
    Start start_;
  };
  return std::make_shared<const factory>(std::move(how));
}

/// What a supervisor knows.
struct supervisor_state {
  static inline const char* name = "supervisor";

  std::string actor_name; ///< for the log and the counter
  actor_factory_ptr factory;
  fatal_mailbox_ptr fatal; ///< to the owner of the process's stop
  counter_board_ptr counters;
  restart_limit limit;
  caf::actor child;
  std::deque<std::chrono::steady_clock::time_point> crashes;
  /// What it has passed on: `telltale_actor_messages_total`.
  std::shared_ptr<std::atomic<std::uint64_t>> passed;
  std::optional<caf::error> ending; ///< told to exit, waits for the actor
  std::vector<kept_message> kept;   ///< see `keeps`
};

/// A supervisor for one actor. Accepts everything and passes it on. When the
/// actor ends otherwise than by being told to, it is started again at once and
/// the log says so; after too many crashes it posts to `fatal` why. Told
/// to exit, it tells the actor and exits after it; the actor's series end with
/// them. Of each kind in `kept` it remembers the newest message and passes it
/// on to a restarted actor before anything else: what the actor was last told
/// of its options.
[[nodiscard]] caf::behavior
supervisor(caf::stateful_actor<supervisor_state>* self, std::string actor_name,
           actor_factory_ptr factory, fatal_mailbox_ptr fatal,
           counter_board_ptr counters, restart_limit limit,
           std::vector<message_test> kept);

/// Logs an actor's crash by the exception's type alone, since its text may hold
/// what must not be logged, and ends the actor.
void install_guards(caf::scheduled_actor* self, const std::string& actor_name);

} // namespace telltale
