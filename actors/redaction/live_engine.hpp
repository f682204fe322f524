#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "actors/redaction/engine.hpp"

namespace telltale {

/// The engine in force; a reload replaces it as a whole, between two texts. Any
/// thread.
class live_engine {
public:
  explicit live_engine(std::shared_ptr<const redaction_engine> engine)
      : engine_(std::move(engine)) {}

  [[nodiscard]] std::shared_ptr<const redaction_engine> get() const {
    const std::lock_guard lock{guard_};
    return engine_;
  }

  void replace(std::shared_ptr<const redaction_engine> engine) {
    const std::lock_guard lock{guard_};
    engine_ = std::move(engine);
  }

private:
  mutable std::mutex guard_;
  std::shared_ptr<const redaction_engine> engine_;
};

using live_engine_ptr = std::shared_ptr<live_engine>;

} // namespace telltale
