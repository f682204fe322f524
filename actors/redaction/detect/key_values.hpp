#pragma once

#include <cstddef>

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/detect/keyed.hpp"

namespace telltale::redact {

/// A value with the place that it takes in the text.
struct value_span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool quoted = false;
  bool closed = true; ///< false: a quote opens that never closes
};

/// Reads the value of a name: a quoted one to its closing quote, whatever the
/// escapes around it; a bare one to where it ends in its surroundings. Empty if
/// there is none.
[[nodiscard]] value_span read_value(search& s, const key_site& site);

} // namespace telltale::redact
