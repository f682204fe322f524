// libs: telltale_persistence
#define CAF_SUITE unit.retry_policy

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/persistence/lifecycle/retry_policy.hpp"

#include <caf/test/dsl.hpp>

// Which failures are tried again, and after what wait.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

const config::retry_config taxonomy;

failure_reason network() {
  return failure_reason{"agent_error.provider_network"};
}

} // namespace

CAF_TEST(retries go by reason and by number) {
  struct policy_row {
    failure_reason why;
    std::uint32_t attempt;
    std::uint32_t max_attempts;
    std::optional<std::chrono::milliseconds> wait;
  };
  const std::vector<policy_row> rows{
      {network(), 1, 2, 5s},
      {network(), 2, 2, 10s}, // widened by the reason's own ceiling of 3
      {network(), 3, 2, {}},
      {network(), 4, 9, 40s}, // and by that of the task
      {network(), 8, 99, 5min},
      {network(), 1, 1, {}},
      {reason::timeout, 1, 2, 0s},
      {reason::timeout, 2, 2, {}},
      {reason::agent_process_failure, 1, 9, {}},
      {failure_reason{"made.up"}, 1, 9, {}},
  };
  for (const auto& r : rows) {
    const auto choice =
        choose_retry(taxonomy, r.why, r.attempt, r.max_attempts, 1.0);
    CAF_CHECK_EQUAL(choice.has_value(), r.wait.has_value());
    if (choice)
      CAF_CHECK(choice->wait == *r.wait);
  }
  CAF_CHECK(
      choose_retry(taxonomy, reason::runtime_offline, 1, 2, 0)->awaits_runner);
  CAF_CHECK(choose_retry(taxonomy, network(), 1, 2, 0.0)->wait == 4s);
  config::retry_config told;
  told.reasons["made.up"].attempts = 3;
  told.reasons["made.up"].base = 1s;
  told.reasons["agent_error.provider_network"].attempts = 1;
  told.reasons["timeout"].base = 7s;
  CAF_CHECK(choose_retry(told, failure_reason{"made.up"}, 2, 2, 1.0)->wait
            == 2s);
  CAF_CHECK(!choose_retry(told, network(), 1, 2, 1.0));
  CAF_CHECK(choose_retry(told, reason::timeout, 1, 2, 1.0)->wait == 7s);
}
