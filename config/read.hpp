#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/rows.hpp"
#include "config/tree.hpp"

namespace telltale::config {

/// Takes values from a tree into the rows' structs, and notes what is wrong.
class reader {
public:
  reader(const std::map<std::string, std::string>& environment,
         load_result& result)
      : environment_(environment), result_(result) {}

  /// Reads the whole tree into `result.values`.
  void read(const node& root);

  /// Where the option of that path was said, or the nearest table around it.
  [[nodiscard]] origin where(std::string path) const;

private:
  void read_table(std::vector<field>& rows, const node& raw,
                  const std::string& path);
  void read_entries(const entry_table& entries, const node& raw,
                    const std::string& path);
  void read_value(field& row, const node& raw, const std::string& path);
  secret read_secret(const node& raw, const std::string& path);
  void read_texts(text_list& texts, const field& row, const node& raw,
                  const std::string& path);
  void read_named_texts(text_table& texts, const node& raw,
                        const std::string& path);
  void read_secrets(secret_list& secrets, const node& raw,
                    const std::string& path);
  void read_list(const entry_list& entries, const node& raw,
                 const std::string& path);
  bool check_table(const node& raw, const std::string& path);
  void fail(const origin& where, const std::string& path, std::string message);

  const std::map<std::string, std::string>& environment_;
  load_result& result_;
  std::map<std::string, origin> places_;
};

/// What an option of that row takes, in words: `a whole number from 1 to 64`.
[[nodiscard]] std::string expectation(const field& row);

} // namespace telltale::config
