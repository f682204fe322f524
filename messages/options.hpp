#pragma once

namespace telltale {

/// The options of an actor as they are from now on. From the system: right
/// after the actor's start, and whenever a reload has changed the
/// configuration; an actor that was restarted after a crash gets the newest one
/// before anything else.
template <class T> struct options_changed {
  T options;

  bool operator==(const options_changed&) const = default;
};

} // namespace telltale
