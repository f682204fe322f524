#include <algorithm>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <hs/hs.h>

#include "actors/redaction/scan/trigger_scanner.hpp"

// Hyperscan, or Vectorscan, which has the same interface: hs_compile_lit_multi
// finds literals with vector instructions.

namespace telltale::redact {

namespace {

struct free_database {
  void operator()(hs_database_t* one) const { hs_free_database(one); }
};
struct free_scratch {
  void operator()(hs_scratch_t* one) const { hs_free_scratch(one); }
};
using database = std::unique_ptr<hs_database_t, free_database>;
using scratch = std::unique_ptr<hs_scratch_t, free_scratch>;

class hyperscan final : public trigger_scanner {
public:
  explicit hyperscan(const std::vector<std::string>& literals) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    std::vector<unsigned> ids;
    for (const auto& literal : literals) {
      ids.push_back(static_cast<unsigned>(ids.size()));
      texts.push_back(literal.data());
      sizes.push_back(literal.size());
      lengths_.push_back(static_cast<std::uint32_t>(literal.size()));
    }
    const std::vector<unsigned> flags(literals.size(), HS_FLAG_CASELESS);
    hs_database_t* made = nullptr;
    hs_compile_error_t* wrong = nullptr;
    const auto done = hs_compile_lit_multi(
        texts.data(), flags.data(), ids.data(), sizes.data(),
        static_cast<unsigned>(literals.size()), HS_MODE_BLOCK, nullptr, &made,
        &wrong);
    database_.reset(made);
    if (done != HS_SUCCESS) {
      const std::string why =
          wrong != nullptr ? wrong->message : "unknown error";
      hs_free_compile_error(wrong);
      throw std::runtime_error("Hyperscan: " + why);
    }
    give_back(borrow());
  }

  void scan(std::string_view text, std::vector<trigger>& out) const override {
    if (text.empty())
      return;
    if (text.size() > std::numeric_limits<unsigned>::max())
      throw std::length_error("a text is too long to be scanned");
    auto own = borrow();
    const auto first = static_cast<std::ptrdiff_t>(out.size());
    request wish{&lengths_, &out};
    const auto done =
        hs_scan(database_.get(), text.data(),
                static_cast<unsigned>(text.size()), 0, own.get(), note, &wish);
    give_back(std::move(own));
    if (done != HS_SUCCESS)
      throw std::runtime_error("Hyperscan cannot scan a text");
    // They come by where they end; those that end together in any order.
    const auto end_of = [this](const trigger& t) {
      return t.begin + lengths_[t.literal];
    };
    for (auto at = out.begin() + first; at != out.end();) {
      auto next = at + 1;
      while (next != out.end() && end_of(*next) == end_of(*at))
        ++next;
      if (next - at > 1)
        std::sort(at, next, [](const trigger& a, const trigger& b) {
          return a.begin != b.begin ? a.begin < b.begin : a.literal < b.literal;
        });
      at = next;
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override {
    return "hyperscan";
  }

private:
  struct request {
    const std::vector<std::uint32_t>* lengths;
    std::vector<trigger>* out;
  };

  /// Called from C, so nothing may be thrown: out of memory ends the scan.
  static int note(unsigned id, unsigned long long, unsigned long long to,
                  unsigned, void* context) noexcept {
    const auto& wish = *static_cast<request*>(context);
    try {
      wish.out->push_back({static_cast<std::uint32_t>(to) - (*wish.lengths)[id],
                           static_cast<std::uint16_t>(id)});
    } catch (...) {
      return 1;
    }
    return 0;
  }

  /// A scratch space serves one scan at a time.
  scratch borrow() const {
    {
      const std::lock_guard lock{guard_};
      if (!idle_.empty()) {
        auto one = std::move(idle_.back());
        idle_.pop_back();
        return one;
      }
    }
    hs_scratch_t* made = nullptr;
    if (hs_alloc_scratch(database_.get(), &made) != HS_SUCCESS)
      throw std::bad_alloc();
    return scratch{made};
  }

  void give_back(scratch one) const {
    const std::lock_guard lock{guard_};
    idle_.push_back(std::move(one));
  }

  std::vector<std::uint32_t> lengths_;
  database database_;
  mutable std::mutex guard_;
  mutable std::vector<scratch> idle_;
};

} // namespace

bool hyperscan_works() noexcept {
  return hs_valid_platform() == HS_SUCCESS;
}

std::unique_ptr<const trigger_scanner>
make_hyperscan_scanner(const std::vector<std::string>& literals) {
  check_literals(literals);
  return std::make_unique<hyperscan>(literals);
}

} // namespace telltale::redact
