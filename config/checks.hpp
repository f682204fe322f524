#pragma once

#include <functional>
#include <string>

#include "config/load.hpp"

namespace telltale::config {

/// Checks what no single row can know: values that need each other. Adds to the
/// result's errors and warnings, and tells which missing secrets are in use.
/// `where` gives the place of an option by its path.
void cross_check(load_result& read,
                 const std::function<origin(std::string)>& where);

} // namespace telltale::config
