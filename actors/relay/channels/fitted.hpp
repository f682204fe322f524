#pragma once

#include <cstddef>
#include <string>

#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/render.hpp"

namespace telltale {

/// The longest excerpt of a text that `fits`; empty if none does.
template <class Fits>
[[nodiscard]] std::string shortened(const std::string& text, Fits fits) {
  if (fits(text))
    return text;
  std::size_t most = 0; // characters that are known to fit
  for (auto above = text.size() + 1; most + 1 < above;) {
    const auto middle = most + (above - most) / 2;
    (fits(excerpt(text, middle)) ? most : above) = middle;
  }
  return most == 0 ? std::string{} : excerpt(text, most);
}

/// A message of which `size` gives at most `limit`: its detail is shortened,
/// and only if there is no room for any of it, its lead and then its title. The
/// link and what names the run stay whole.
template <class Size>
[[nodiscard]] rendered fitted(rendered what, std::size_t limit, Size size) {
  for (auto part : {&rendered::detail, &rendered::message, &rendered::title})
    what.*part = shortened(what.*part, [&](const std::string& text) {
      auto trial = what;
      trial.*part = text;
      return size(trial) <= limit;
    });
  return what;
}

} // namespace telltale
