#pragma once

namespace telltale {

/// From the composition root: what an actor may change while it runs. Sent
/// after its start and by every reload; an actor that is started again after a
/// crash gets the newest one before anything else.
template <class T> struct options_changed {
  T options;

  bool operator==(const options_changed&) const = default;
};

} // namespace telltale
