// libs: telltale_redaction telltale_redaction_shapes
#define CAF_SUITE unit.redaction_effort

#include <algorithm>
#include <string>
#include <vector>

#include "actors/redaction/engine.hpp"
#include "tests/support/redaction_shapes.hpp"

#include <caf/test/dsl.hpp>

// No clock here: the engine counts its own steps, on any machine the same.

using namespace telltale;
using telltale::test::text_shape;

namespace {

/// Steps that a byte may cost, whatever is around it; the work budget is more.
constexpr std::size_t most_steps_a_byte = 24;
/// A text four times as long costs four times as much, and what it costs to
/// begin.
constexpr double most_growth = 4.5;

void check_linear(const std::vector<text_shape>& shapes, std::size_t size,
                  redaction_profile profile) {
  const redaction_engine engine{config::redaction_config{}, "key"};
  std::vector<std::string> wrong;
  for (const auto& shape : shapes) {
    const auto small = engine.effort(shape.make(size), profile);
    const auto large = engine.effort(shape.make(size * 4), profile);
    if (large > most_steps_a_byte * size * 4
        || static_cast<double>(large)
               > most_growth * static_cast<double>(small + size))
      wrong.push_back(shape.name + ": " + std::to_string(small) + " steps, "
                      + std::to_string(large) + " for four times as much");
  }
  for (const auto& line : wrong)
    CAF_MESSAGE(line);
  CAF_CHECK(wrong.empty());
}

} // namespace

CAF_TEST(hostile texts cost no more than their length) {
  check_linear(test::hostile_shapes(), 65'536, redaction_profile::chat);
}

CAF_TEST(repeats of what the engine looks for cost no more than their length) {
  check_linear(test::literal_shapes(), 2048, redaction_profile::store);
}

CAF_TEST(every hostile text settles) {
  const redaction_engine engine{config::redaction_config{}, "key"};
  std::vector<std::string> wrong;
  for (const auto& shape : test::hostile_shapes()) {
    const auto out = engine.redact(shape.make(16'384), redaction_profile::chat);
    if (out.text.find("internal-error") != std::string::npos
        || engine.redact(out.text, redaction_profile::chat).text != out.text)
      wrong.push_back(shape.name);
  }
  for (const auto& line : wrong)
    CAF_MESSAGE(line);
  CAF_CHECK(wrong.empty());
}

CAF_TEST(the steps of an ordinary text are few) {
  const redaction_engine engine{config::redaction_config{}};
  std::size_t bytes = 0;
  std::size_t steps = 0;
  for (const auto& text : test::realistic_messages(1U << 20U)) {
    bytes += text.size();
    steps += engine.effort(text, redaction_profile::store);
  }
  CAF_CHECK_LESS(steps, bytes * 3);
}
