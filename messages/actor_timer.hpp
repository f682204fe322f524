#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "messages/counters.hpp"

namespace telltale {

/// When the ticks of one purpose are to come, and which are under way. CAF
/// cannot take a delayed message back, so a tick that is under way is used, or
/// waited for and dropped, and never forgotten: forgotten ones multiply. Pure:
/// it is told the time. Belongs to one actor.
class tick_schedule {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = time_point::duration;

  /// Wishes closer together than `grain` share a tick.
  explicit tick_schedule(duration grain = std::chrono::milliseconds{1})
      : grain_(grain) {}

  /// A tick is wanted at `at`, or sooner if one was wanted sooner. True: the
  /// caller must send one that comes at `next()`.
  [[nodiscard]] bool bring_forward(time_point now, time_point at) {
    wanted_ = std::min(wanted_, std::max(at, now + grain_));
    return lacks_tick();
  }

  /// A tick is wanted at `at` alone, whatever was wanted before. True as above.
  [[nodiscard]] bool replace(time_point now, time_point at) {
    wanted_ = std::max(at, now + grain_);
    return lacks_tick();
  }

  /// No tick is wanted; those that are under way will be dropped.
  void cancel() noexcept { wanted_ = time_point::max(); }

  /// Notes that one was sent.
  void sent() { under_way_.push_back(wanted_); }

  /// One has come. True: it is the wanted one, and none is wanted from here on;
  /// false: it came too soon, or for nothing, and must be dropped.
  [[nodiscard]] bool arrived(time_point now) {
    if (under_way_.empty() || under_way_.back() > now)
      return false; // none of ours
    under_way_.pop_back();
    if (wanted_ > now)
      return false;
    wanted_ = time_point::max();
    return true;
  }

  /// After a dropped tick: must one be sent for what is still wanted?
  [[nodiscard]] bool lacks_tick() const {
    return wanted_ != time_point::max()
           && (under_way_.empty() || wanted_ + grain_ <= under_way_.back());
  }

  [[nodiscard]] time_point next() const noexcept { return wanted_; }
  /// Few: each came to be by a wish that was sooner than all before it.
  [[nodiscard]] std::size_t under_way() const noexcept {
    return under_way_.size();
  }

private:
  duration grain_;
  time_point wanted_ = time_point::max();
  std::vector<time_point> under_way_; ///< the soonest is the last
};

/// The one way in which an actor has a tick come to itself: one timer for each
/// purpose, a member of the actor's state. `Tick` is the message that comes;
/// its handler begins with `if (!timer.fired(self)) return;`.
///
/// Exports the ticks under way as `telltale_timers` and those that came as
/// `telltale_actor_messages_total`, both by actor. Thread: the actor's.
template <class Tick> class actor_timer {
public:
  using time_point = tick_schedule::time_point;

  actor_timer() = default;
  explicit actor_timer(tick_schedule::duration grain) : schedule_(grain) {}
  actor_timer(const actor_timer&) = delete;
  actor_timer& operator=(const actor_timer&) = delete;
  ~actor_timer() { report(-static_cast<double>(schedule_.under_way())); }

  /// Where the metrics go; without it there are none.
  void observe(counter_board_ptr counters, std::string actor) {
    counters_ = std::move(counters);
    actor_ = std::move(actor);
  }

  /// Have a tick come at `at`, unless one comes sooner.
  template <class Self> void bring_forward(Self self, time_point at) {
    if (schedule_.bring_forward(self->clock().now(), at))
      send(self);
  }

  /// Have the next tick come at `at`, and none before.
  template <class Self> void replace(Self self, time_point at) {
    if (schedule_.replace(self->clock().now(), at))
      send(self);
  }

  void cancel() noexcept { schedule_.cancel(); }

  /// A tick has come. False: not the wanted one; the handler does nothing.
  template <class Self> [[nodiscard]] bool fired(Self self) {
    const auto before = schedule_.under_way();
    const bool due = schedule_.arrived(self->clock().now());
    if (schedule_.under_way() < before) {
      report(-1);
      if (counters_)
        counters_->add(counter::actor_messages_total, actor_);
    }
    if (!due && schedule_.lacks_tick())
      send(self);
    return due;
  }

  [[nodiscard]] std::size_t under_way() const noexcept {
    return schedule_.under_way();
  }

private:
  template <class Self> void send(Self self) {
    const auto wait = schedule_.next() - self->clock().now();
    schedule_.sent();
    report(1);
    self->delayed_send(self, std::max(wait, tick_schedule::duration::zero()),
                       Tick{});
  }

  void report(double change) const {
    if (counters_ && change != 0)
      counters_->add(counter::timers, actor_, change);
  }

  tick_schedule schedule_;
  counter_board_ptr counters_; ///< null: no metrics
  std::string actor_;
};

} // namespace telltale
