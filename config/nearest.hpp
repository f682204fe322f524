#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace telltale::config {

/// The one of `known` that is most like `given`, or an empty text if none is
/// near enough to be what was meant.
[[nodiscard]] std::string nearest(std::string_view given,
                                  const std::vector<std::string>& known);

/// ` (did you mean x?)`, or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view given,
                                       const std::vector<std::string>& known);

} // namespace telltale::config
