// libs: telltale_messages
#define CAF_SUITE unit.exponential_backoff

#include "messages/exponential_backoff.hpp"

#include <vector>

#include <caf/test/dsl.hpp>

using namespace std::chrono_literals;

CAF_TEST(waits double up to the longest and begin anew after a success) {
  using telltale::exponential_backoff;
  exponential_backoff waits{100ms, 500ms};
  for (int round = 0; round < 2; ++round) {
    for (const auto wait : std::vector{100ms, 200ms, 400ms, 500ms, 500ms})
      CAF_CHECK(waits.next() == wait);
    waits.reset();
  }
  CAF_CHECK(exponential_backoff::wait_after(100ms, 500ms, 0) == 100ms);
  CAF_CHECK(exponential_backoff::wait_after(100ms, 500ms, 2) == 400ms);
  CAF_CHECK(exponential_backoff::wait_after(100ms, 500ms, 3) == 500ms);
  CAF_CHECK(exponential_backoff::wait_after(100ms, 500ms, 4'000'000'000)
            == 500ms);
}
