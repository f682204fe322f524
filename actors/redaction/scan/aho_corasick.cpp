#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "actors/redaction/scan/trigger_scanner.hpp"
#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

/// A dense automaton over classes of bytes: bytes that no literal holds share
/// one class, and so do the two cases of a letter. States without a match come
/// first, so that one comparison a byte tells whether there is something to do.
class aho_corasick final : public trigger_scanner {
public:
  explicit aho_corasick(const std::vector<std::string>& literals) {
    assign_classes(literals);
    build(literals);
  }

  void scan(std::string_view text, std::vector<trigger>& out) const override {
    // Each step waits for the one before it, so two halves go side by side. The
    // second begins early enough to know what reaches into it.
    constexpr std::size_t worth_it = 1024;
    const auto middle =
        text.size() < worth_it + longest_ ? text.size() : text.size() / 2;
    if (middle == text.size()) {
      walk(text, 0, text.size(), 0, out);
      return;
    }
    thread_local std::vector<trigger> rest;
    rest.clear();
    const auto* const next = next_.data();
    const auto* const first =
        reinterpret_cast<const unsigned char*>(text.data());
    const auto* const second = first + middle;
    std::uint32_t a = 0; // states times width, so that a step is one addition
    std::uint32_t b = run_up(text, middle);
    const auto steps = std::min(middle, text.size() - middle);
    for (std::size_t i = 0; i < steps; ++i) {
      a = next[a + classes_[first[i]]];
      b = next[b + classes_[second[i]]];
      if (a >= first_match_)
        report(a, i + 1, out);
      if (b >= first_match_)
        report(b, middle + i + 1, rest);
    }
    walk(text, steps, middle, a, out);
    walk(text, middle + steps, text.size(), b, rest);
    out.insert(out.end(), rest.begin(), rest.end());
    if (rest.capacity() > (1U << 16U))
      std::vector<trigger>{}.swap(rest); // no thread keeps what an attack made
  }

  [[nodiscard]] std::string_view name() const noexcept override {
    return "portable";
  }

private:
  /// Steps through a part of the text from a state on.
  void walk(std::string_view text, std::size_t from, std::size_t to,
            std::uint32_t row, std::vector<trigger>& out) const {
    const auto* const next = next_.data();
    for (auto i = from; i < to; ++i) {
      row = next[row + classes_[static_cast<unsigned char>(text[i])]];
      if (row >= first_match_)
        report(row, i + 1, out);
    }
  }

  /// The state at a place: no literal reaches farther back than the longest.
  [[nodiscard]] std::uint32_t run_up(std::string_view text,
                                     std::size_t at) const {
    std::uint32_t row = 0;
    for (auto i = at - longest_; i < at; ++i)
      row = next_[row + classes_[static_cast<unsigned char>(text[i])]];
    return row;
  }

  void assign_classes(const std::vector<std::string>& literals) {
    classes_.fill(0);
    std::uint8_t count = 1;
    for (const auto& literal : literals)
      for (const char c : literal) {
        auto& slot = classes_[static_cast<unsigned char>(c)];
        if (slot == 0)
          slot = count++;
      }
    for (char c = 'a'; c <= 'z'; ++c)
      classes_[static_cast<unsigned char>(c - 32)] =
          classes_[static_cast<unsigned char>(c)];
    width_ = count;
  }

  void report(std::uint32_t row, std::size_t end,
              std::vector<trigger>& out) const {
    const auto state = (row - first_match_) / width_;
    for (auto i = ranges_[state]; i < ranges_[state + 1]; ++i)
      out.push_back({static_cast<std::uint32_t>(end - lengths_[outputs_[i]]),
                     outputs_[i]});
  }

  void build(const std::vector<std::string>& literals) {
    struct node {
      std::map<std::uint8_t, std::uint32_t> children;
      std::vector<std::uint16_t> outputs;
      std::uint32_t fail = 0;
    };
    std::vector<node> trie(1);
    for (std::size_t k = 0; k < literals.size(); ++k) {
      lengths_.push_back(static_cast<std::uint32_t>(literals[k].size()));
      longest_ = std::max(longest_, literals[k].size());
      std::uint32_t at = 0;
      for (const char c : literals[k]) {
        const auto symbol = classes_[static_cast<unsigned char>(c)];
        const auto fresh = static_cast<std::uint32_t>(trie.size());
        const auto [place, added] =
            trie[at].children.try_emplace(symbol, fresh);
        at = place->second;
        if (added)
          trie.emplace_back();
      }
      trie[at].outputs.push_back(static_cast<std::uint16_t>(k));
    }
    // Breadth first: failure links, inherited outputs, full transitions.
    std::vector<std::uint32_t> full(trie.size() * width_, 0);
    std::deque<std::uint32_t> queue;
    for (const auto& [symbol, child] : trie[0].children) {
      full[symbol] = child;
      queue.push_back(child);
    }
    while (!queue.empty()) {
      const auto at = queue.front();
      queue.pop_front();
      const auto fail = trie[at].fail;
      const auto& inherited = trie[fail].outputs;
      trie[at].outputs.insert(trie[at].outputs.end(), inherited.begin(),
                              inherited.end());
      for (std::uint32_t s = 0; s < width_; ++s)
        full[at * width_ + s] = full[fail * width_ + s];
      for (const auto& [symbol, child] : trie[at].children) {
        trie[child].fail = full[at * width_ + symbol];
        full[at * width_ + symbol] = child;
        queue.push_back(child);
      }
    }
    // Number the states anew: those without a match first.
    std::vector<std::uint32_t> number(trie.size());
    std::uint32_t fresh = 0;
    for (std::size_t i = 0; i < trie.size(); ++i)
      if (trie[i].outputs.empty())
        number[i] = fresh++;
    first_match_ = fresh * width_;
    ranges_.push_back(0);
    for (std::size_t i = 0; i < trie.size(); ++i)
      if (!trie[i].outputs.empty()) {
        number[i] = fresh++;
        outputs_.insert(outputs_.end(), trie[i].outputs.begin(),
                        trie[i].outputs.end());
        ranges_.push_back(static_cast<std::uint32_t>(outputs_.size()));
      }
    next_.resize(full.size());
    for (std::size_t i = 0; i < trie.size(); ++i)
      for (std::uint32_t s = 0; s < width_; ++s)
        next_[number[i] * width_ + s] = number[full[i * width_ + s]] * width_;
  }

  std::array<std::uint8_t, 256> classes_{};
  std::uint32_t width_ = 1;
  std::size_t longest_ = 0;       ///< of the literals
  std::uint32_t first_match_ = 0; ///< rows from here on have outputs
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> ranges_; ///< into outputs_, by matching state
  std::vector<std::uint16_t> outputs_;
  std::vector<std::uint32_t> lengths_;
};

} // namespace

std::unique_ptr<const trigger_scanner>
make_portable_scanner(const std::vector<std::string>& literals) {
  check_literals(literals);
  return std::make_unique<aho_corasick>(literals);
}

} // namespace telltale::redact
