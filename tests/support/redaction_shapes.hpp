#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Texts to measure redaction with, and to prove its limits: what runners say on
// most days, and what somebody would say to stop the service.

namespace telltale::test {

/// A text of any size that tries to make a scanner slow.
struct text_shape {
  std::string name;
  std::function<std::string(std::size_t)> make; ///< of exactly so many bytes
};

/// Repeats of what announces secrets, of what opens and never closes, of what
/// escapes, and long texts of one kind. Few enough for one look at each.
[[nodiscard]] const std::vector<text_shape>& hostile_shapes();

/// One repeat for each literal that the engine looks for, and for each with
/// what may follow it.
[[nodiscard]] std::vector<text_shape> literal_shapes();

/// Build logs, stack traces, output of tests and tools, JSON logs, about
/// `bytes` together; one in fifty holds a secret, put together here.
[[nodiscard]] std::vector<std::string>
realistic_messages(std::size_t bytes, std::uint64_t seed = 7);

} // namespace telltale::test
