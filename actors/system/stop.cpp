#include <algorithm>
#include <chrono>

#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/system/wiring.hpp"

// How a service ends its actors, whatever they wait for.

namespace telltale {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

/// All actors together, before the database's connections are cut.
constexpr auto patience = 1'200ms;
/// All actors together, after that.
constexpr auto patience_after_cut = 1'000ms;

/// Waits for an actor that was told to exit. False: it has not until `limit`.
bool has_ended(caf::scoped_actor& self, const caf::actor& who,
               steady_clock::time_point limit) {
  bool ended = false;
  bool late = false;
  self->monitor(who);
  while (!ended && !late) {
    const auto left =
        std::max<steady_clock::duration>(limit - steady_clock::now(), 0ms);
    self->receive(
        [&](const caf::down_msg& down) {
          ended = ended || down.source == who.address();
        },
        caf::after(std::chrono::ceil<std::chrono::milliseconds>(left)) >>
            [&] { late = true; });
  }
  return ended;
}

} // namespace

std::vector<std::string> service::wiring::end_actors() {
  caf::scoped_actor self{actors_};
  std::vector<supervised_actor> late;
  // What the drain has not used, the actors may.
  auto limit = std::max(steady_clock::now(), drained_by_) + patience;
  // From the gateway to the stores, each before what it relies on.
  while (!supervised_.empty()) {
    auto last = std::move(supervised_.back());
    supervised_.pop_back();
    self->send_exit(last.handle, caf::exit_reason::user_shutdown);
    if (has_ended(self, last.handle, limit))
      continue;
    if (!store_.sockets->cut()) {
      // A store waits for a database that hangs: it hears of it now.
      const auto cut = store_.sockets->cut_all();
      spdlog::warn("'{}' does not end, it waits for the database: its {} "
                   "connections are cut",
                   last.actor_name, cut);
      limit = steady_clock::now() + patience_after_cut;
    }
    late.push_back(std::move(last));
  }
  std::vector<std::string> names;
  for (const auto& each : late)
    if (!has_ended(self, each.handle, limit))
      names.push_back(each.actor_name);
  return names;
}

} // namespace telltale
