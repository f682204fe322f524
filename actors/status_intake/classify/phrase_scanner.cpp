#include "actors/status_intake/classify/phrase_scanner.hpp"

#include <queue>

namespace telltale {

namespace {

char fold(unsigned char c) {
  if (c >= 'A' && c <= 'Z')
    return static_cast<char>(c - 'A' + 'a');
  if (c == '_' || c == '-' || c == '\t')
    return ' ';
  return static_cast<char>(c);
}

} // namespace

phrase_scanner::phrase_scanner(const std::vector<std::string_view>& phrases) {
  // Characters that occur in no phrase share class 0.
  std::array<bool, 256> used{};
  for (const auto phrase : phrases)
    for (const char c : phrase)
      used[static_cast<unsigned char>(c)] = true;
  std::array<std::uint8_t, 256> class_of_folded{};
  for (std::size_t c = 0; c < 256; ++c)
    if (used[c])
      class_of_folded[c] = static_cast<std::uint8_t>(width_++);
  for (std::size_t c = 0; c < 256; ++c)
    classes_[c] = class_of_folded[static_cast<unsigned char>(
        fold(static_cast<unsigned char>(c)))];

  // The trie. A missing child is state 0, which is right for the root.
  const auto add_state = [this] {
    next_.resize(next_.size() + width_, 0);
    ends_.emplace_back();
    return static_cast<std::uint16_t>(ends_.size() - 1);
  };
  add_state();
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    std::size_t state = 0;
    for (const char c : phrases[i]) {
      const auto edge = state * width_ + class_of(c);
      if (next_[edge] == 0) {
        const auto fresh = add_state();
        next_[edge] = fresh;
      }
      state = next_[edge];
    }
    ends_[state].push_back(static_cast<std::uint16_t>(i));
    lengths_.push_back(phrases[i].size());
  }

  // Breadth first: a state's longest proper suffix is known before its
  // children.
  std::vector<std::uint16_t> suffix(ends_.size(), 0);
  shorter_.assign(ends_.size(), 0);
  std::queue<std::uint16_t> reached;
  for (std::size_t c = 0; c < width_; ++c)
    if (next_[c] != 0)
      reached.push(next_[c]);
  while (!reached.empty()) {
    const std::size_t state = reached.front();
    reached.pop();
    const std::size_t fallback = suffix[state];
    shorter_[state] = ends_[fallback].empty()
                          ? shorter_[fallback]
                          : static_cast<std::uint16_t>(fallback);
    for (std::size_t c = 0; c < width_; ++c) {
      auto& child = next_[state * width_ + c];
      const auto by_suffix = next_[fallback * width_ + c];
      if (child == 0) {
        child = by_suffix;
      } else {
        suffix[child] = by_suffix;
        reached.push(child);
      }
    }
  }
}

} // namespace telltale
