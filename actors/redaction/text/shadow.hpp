#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace telltale::redact {

/// Valid UTF-8 without NUL: bytes that are neither are dropped. Gives the input
/// itself if there is nothing to drop; else `keep` holds the answer.
[[nodiscard]] std::string_view clean_text(std::string_view input,
                                          std::string& keep);

/// Text as the matchers see it: without ANSI sequences, zero-width and
/// bidirectional marks, with full-width ASCII folded. Costs one quick look if
/// there are none of them.
class shadow {
public:
  /// `original` must outlive the shadow and be valid UTF-8.
  explicit shadow(std::string_view original);

  [[nodiscard]] std::string_view text() const noexcept {
    return starts_.empty() ? original_ : std::string_view{text_};
  }

  /// Where in the original the character at `at` of the shadow begins.
  [[nodiscard]] std::size_t begin_of(std::size_t at) const noexcept {
    return starts_.empty() ? at : starts_[at];
  }

  /// Where in the original that character ends; `at` < size.
  [[nodiscard]] std::size_t end_of(std::size_t at) const noexcept {
    return starts_.empty() ? at + 1 : ends_[at];
  }

private:
  std::string_view original_;
  std::string text_;
  std::vector<std::uint32_t> starts_; ///< empty: the shadow is the original
  std::vector<std::uint32_t> ends_;
};

} // namespace telltale::redact
