#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Pure: what is searched for, and what is written for searches to find.

namespace telltale {

/// The text in which an index of trigrams finds words, whatever the locale of
/// the database: ASCII in lower case; of ideographs, kana and hangul each one
/// in letters of its own; a blank for every other character beyond ASCII.
///
/// If `ILIKE` finds a word in a text, the folded word is part of the folded
/// text.
/// (`İ` and `K` (kelvin), which some locales fold to ASCII, are not found so.)
[[nodiscard]] std::string fold_words(std::string_view text);

/// The words that a search asks for, at most ten; more are left out.
[[nodiscard]] std::vector<std::string> words_of(std::string_view search);

/// A pattern for LIKE that finds `word` as it is, wherever it stands.
[[nodiscard]] std::string containing(std::string_view word);

/// Patterns for the folded text, of those words that have a trigram: three
/// letters or digits in a row. Empty: the index is of no use.
[[nodiscard]] std::vector<std::string>
indexed_patterns(const std::vector<std::string>& words);

} // namespace telltale
