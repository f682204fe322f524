#pragma once

#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"

// The rows of sections/*.def at run time: what an option is called, what it may
// be, and where its value lives. Loading, describing and comparing all walk
// these, so that none of them can know an option that the others do not.

namespace telltale::config {

struct field;

/// What a value may be.
struct bounds {
  double low = -std::numeric_limits<double>::infinity(); ///< ms for durations
  double high = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices; ///< empty: anything
};

/// A list of tables.
struct entry_list {
  std::function<void()> clear;
  std::function<std::vector<field>()> add; ///< rows of one more entry
  const void* object = nullptr;
  bool (*same)(const void*, const void*) = nullptr; ///< of two `object`s
};

/// Tables by name.
struct entry_table {
  std::function<std::vector<std::string>()> names;
  std::function<std::vector<field>(const std::string&)> at; ///< makes it
};

/// One table of its own.
struct entry_object {
  std::function<std::vector<field>()> rows;
};

/// Where a value lives; its alternative is the option's type.
using place =
    std::variant<text*, flag*, integer*, number*, duration*, secret*,
                 text_list*, secret_list*, text_table*, std::optional<integer>*,
                 std::optional<number>*, std::optional<duration>*, entry_list,
                 entry_table, entry_object>;

/// One row, bound to a struct.
struct field {
  std::string name;
  place value;
  bounds limits;
  bool live = false;    ///< a reload takes it over
  std::string sentence; ///< what it means
};

/// One section, bound to its struct. `relays` has tables by name and `routes` a
/// list of tables, and no options of their own.
struct section {
  std::string name;
  std::string sentence;
  std::vector<field> options;
  entry_table entries; ///< `at` is empty in all but `relays`
  entry_list list{};   ///< `add` is empty in all but `routes`
};

/// All sections of `x`, in the order in which people read them. What it gives
/// points into `x`; rows of a list's entry hold until the next `add`.
[[nodiscard]] std::vector<section> sections_of(settings& x);

/// The rows of one relay.
[[nodiscard]] std::vector<field> rows_of(relay_config& x);

} // namespace telltale::config
