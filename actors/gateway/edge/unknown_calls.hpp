#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/types.hpp"

namespace telltale {

/// Calls of daemons that this version does not know, by the first shapes that
/// come, so that nobody can make up names without end. Any thread.
class unknown_calls {
public:
  static constexpr std::size_t most_shapes = 64;

  /// The shape of a call; `other` once there are too many.
  [[nodiscard]] std::string shape_of(std::string_view method,
                                     const std::vector<std::string>& segments);

private:
  std::mutex guard_;
  std::set<std::string> shapes_;
};

/// A daemon takes this very text for "older than I am".
[[nodiscard]] http::response unknown_call_answer();

} // namespace telltale
