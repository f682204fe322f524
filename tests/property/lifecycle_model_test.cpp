// libs: telltale_lifecycle_model telltale_persistence
#define CAF_SUITE property.lifecycle_model

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/support/lifecycle_model.hpp"

#include "tests/support/checks.hpp"

// Random lives on the real store against the pure model, step by step.
// TELLTALE_MODEL_SEED names the first seed, TELLTALE_MODEL_COUNT how many are
// played: `TELLTALE_MODEL_SEED=<of a failure> TELLTALE_MODEL_COUNT=1` plays one
// again. `scripts/test --model 10000` plays many.

using namespace telltale;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

} // namespace

CAF_TEST(random lives are stored as the model says and break no law) {
  const auto first = number_from("TELLTALE_MODEL_SEED", 1);
  const auto count = number_from("TELLTALE_MODEL_COUNT", 80);
  lifecycle_model model;
  std::uint64_t failures = 0;
  for (auto seed = first; seed < first + count && failures < 5; ++seed)
    if (const auto problem = model.play(seed); !problem.empty()) {
      ++failures;
      CAF_ERROR(problem);
    }
  std::cout << count << " seeds from " << first << ": " << model.steps()
            << " steps, " << model.cuts() << " answers lost, " << failures
            << " failures\n";
  CAF_CHECK_EQUAL(failures, 0u);
  CAF_CHECK(model.steps() >= count);
}
