#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "http/server.hpp"

namespace telltale::http {

/// How large bodies may be that are larger than most. Any thread.
struct body_bounds {
  server::judge judge; ///< empty: none may
  /// How many bytes of large bodies may still come.
  std::shared_ptr<std::atomic<std::int64_t>> left;

  /// Room for so many bytes, which is given back with the last owner; null if
  /// there is none.
  [[nodiscard]] std::shared_ptr<void> take(std::size_t bytes) const {
    const auto wanted = static_cast<std::int64_t>(bytes);
    if (left->fetch_sub(wanted) < wanted) {
      left->fetch_add(wanted);
      return nullptr;
    }
    return {left.get(),
            [left = left, wanted](void*) { left->fetch_add(wanted); }};
  }
};

} // namespace telltale::http
