#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

/// Words in lower case, one of which a text may be in any case. Nearly every
/// text is told apart by its length and its first character; only words of its
/// length are compared.
template <std::size_t N> class word_list {
public:
  consteval word_list(const std::string_view (&words)[N]) {
    for (std::size_t i = 0; i < N; ++i) {
      words_[i] = words[i];
      if (words[i].empty() || words[i].size() > longest)
        throw "a word that the list cannot hold";
      firsts_[words[i].size()] |= bit(words[i].front());
    }
    std::sort(words_.begin(), words_.end(),
              [](auto a, auto b) { return a.size() < b.size(); });
    for (const auto word : words_)
      for (auto size = word.size(); size <= longest; ++size)
        ++ends_[size];
  }

  [[nodiscard]] constexpr bool has(std::string_view text) const noexcept {
    if (text.empty() || text.size() > longest
        || (firsts_[text.size()] & bit(lowered(text.front()))) == 0)
      return false;
    return std::any_of(words_.begin() + ends_[text.size() - 1],
                       words_.begin() + ends_[text.size()],
                       [&](auto word) { return equals_lowered(text, word); });
  }

private:
  static constexpr std::size_t longest = 31;

  static constexpr std::uint32_t bit(char c) noexcept {
    return 1U << (static_cast<unsigned char>(c) & 31U);
  }

  std::array<std::string_view, N> words_{};         ///< ascending in length
  std::array<std::uint32_t, longest + 1> firsts_{}; ///< by length
  std::array<std::uint16_t, longest + 1> ends_{};   ///< of a length's words
};

/// Words in lower case, one of which may stand anywhere in a stretch, in any
/// case. Pairs of characters that begin none of them are passed over.
template <std::size_t N> class word_search {
public:
  consteval word_search(const std::string_view (&words)[N]) {
    for (std::size_t i = 0; i < N; ++i) {
      words_[i] = words[i];
      if (words[i].size() < 2)
        throw "a word that the search cannot hold";
      pairs_[static_cast<unsigned char>(words[i][1]) & 63U] |=
          bit(words[i].front());
    }
  }

  [[nodiscard]] constexpr bool in(std::string_view text) const noexcept {
    for (std::size_t i = 0; i + 2 <= text.size(); ++i) {
      const char second = lowered(text[i + 1]);
      if ((pairs_[static_cast<unsigned char>(second) & 63U]
           & bit(lowered(text[i])))
          == 0)
        continue;
      if (std::any_of(words_.begin(), words_.end(), [&](auto word) {
            return equals_lowered(text.substr(i, word.size()), word);
          }))
        return true;
    }
    return false;
  }

private:
  static constexpr std::uint64_t bit(char c) noexcept {
    return std::uint64_t{1} << (static_cast<unsigned char>(c) & 63U);
  }

  std::array<std::string_view, N> words_{};
  std::array<std::uint64_t, 64> pairs_{}; ///< first characters by the second
};

} // namespace telltale::redact
