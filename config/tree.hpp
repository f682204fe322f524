#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace telltale::config {

struct member;

/// A value as somebody said it, with the place where he did. Independent of the
/// TOML library, so that file, environment and flags can be laid over each
/// other without losing their places.
struct node {
  enum class form : std::uint8_t {
    quoted, ///< a text
    loose,  ///< from outside a file: what it is depends on the option
    whole,
    real,
    truth,
    list,
    table,
    other, ///< dates and times, which no option takes
  };

  form what = form::table;
  origin where;
  std::string text;     ///< of quoted and loose
  std::int64_t whole{}; ///< of whole
  double real{};        ///< of real
  bool truth = false;   ///< of truth
  std::vector<node> items;
  std::vector<member> members;

  /// The member of that key, or null.
  [[nodiscard]] const node* find(std::string_view key) const;
};

/// One key of a table.
struct member {
  std::string key;
  origin where; ///< of the key
  node value;
};

/// What a text of TOML says. A syntax error becomes the one problem, worded
/// without the text around it: it may be a secret.
struct parsed {
  node root;
  std::vector<problem> errors;
};

[[nodiscard]] parsed parse_toml(std::string_view text,
                                const std::string& source);

/// Parses `text` as one TOML value. False if it is none.
[[nodiscard]] bool parse_value(std::string_view text, const origin& where,
                               node& result);

/// Puts `value` at `path` in `root`, making the tables on the way; a value that
/// stands in the way is replaced, a table gains members.
void put(node& root, const std::vector<std::string>& path, node value);

} // namespace telltale::config
