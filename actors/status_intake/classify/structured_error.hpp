#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace telltale {

/// A part of a line, from `begin` up to `end`.
struct text_range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What a structure that was printed into a line says of an error.
struct structured_error {
  bool speaks = false;         ///< an error, by its keys
  bool logged = false;         ///< a log's record, not a provider's answer
  bool harmless = false;       ///< a log's record of level `info` or below
  std::vector<unsigned> codes; ///< statuses from 400 to 599 in their fields
  std::vector<std::string_view> messages; ///< as printed, outermost first
  std::vector<text_range> aside; ///< keys, and values that are no evidence
};

/// Reads the structures of one line: JSON, quoted and escaped JSON, JSON in
/// JSON, a Python dictionary, a Ruby hash, `key=value` of a log. What is cut or
/// broken is read as far as it goes. Pure, linear; any thread.
[[nodiscard]] structured_error read_structure(std::string_view line);

} // namespace telltale
