#pragma once

#include <string>
#include <string_view>

namespace telltale {

/// What stays of a line when everything is taken out that differs between two
/// failures of one cause: numbers, ids, paths, hosts, times, quoted values. In
/// lower case. Pure, linear; any thread.
[[nodiscard]] std::string without_variables(std::string_view line);

/// The name of a failure's cause, 16 hex digits: failures with one reason whose
/// telling lines differ in variables alone have one cause. What a text's cause
/// is may change with a version of these rules; what is stored stays.
[[nodiscard]] std::string fingerprint(std::string_view reason,
                                      std::string_view telling_line);

} // namespace telltale
