#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/postgres_fixture.hpp"

namespace telltale {

/// A database in a state that a planner may meet.
class plan_world : public postgres_fixture {
public:
  explicit plan_world(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  std::string name_;
};

/// As it was made; emptied, and known to be empty; full, and never analysed;
/// full, analysed, and fifty times as large in the planner's eyes.
[[nodiscard]] std::vector<std::unique_ptr<plan_world>> make_plan_worlds();

} // namespace telltale
