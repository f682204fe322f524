#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace telltale {

/// A configuration that is valid by itself and cannot be run.
class configuration_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Why a start ended: an exit code of sysexits.h, and one line for an operator.
struct start_failure {
  int code = 0;
  std::string text;
};

/// `step` is what was under way. Pure.
[[nodiscard]] start_failure explain_start_failure(std::exception_ptr thrown,
                                                  const std::string& step);

} // namespace telltale
