#include <array>
#include <deque>
#include <map>

#include "actors/redaction/characters.hpp"
#include "actors/redaction/trigger_scanner.hpp"

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
    std::uint32_t row = 0; // state times width, so that a step is one addition
    const auto* const next = next_.data();
    for (std::size_t i = 0; i < text.size(); ++i) {
      row = next[row + classes_[static_cast<unsigned char>(text[i])]];
      if (row >= first_match_)
        report(row, i + 1, out);
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override {
    return "portable";
  }

private:
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
