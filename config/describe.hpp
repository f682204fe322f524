#pragma once

#include <string>
#include <string_view>

namespace telltale::config {

// All three are made from the rows; the files in the repository are compared
// with them by a test.

/// The reference page.
[[nodiscard]] std::string describe_markdown();

/// A JSON schema (draft 2020-12) of the file.
[[nodiscard]] std::string describe_json_schema();

/// A file that says every option with its default, as comments. With
/// `commented` false all of it is in force: what the tests check.
[[nodiscard]] std::string describe_example(bool commented = true);

/// What the example file shows for a list or table, where a default would show
/// nothing; lines of TOML, or empty.
[[nodiscard]] std::string_view sample_of(std::string_view path);

} // namespace telltale::config
