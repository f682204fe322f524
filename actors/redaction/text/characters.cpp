#include "actors/redaction/text/characters.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace telltale::redact {

namespace {

/// What one character adds to the counts of a makeup, 16 bits each: digits,
/// lower case, upper case, hex.
constexpr std::array<std::uint64_t, 256> make_shares() {
  std::array<std::uint64_t, 256> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto kind = detail::glyphs[i];
    out[i] = ((kind & glyph::digit) != 0 ? 1ULL : 0ULL)
             | ((kind & glyph::lower) != 0 ? 1ULL << 16U : 0ULL)
             | ((kind & glyph::upper) != 0 ? 1ULL << 32U : 0ULL)
             | ((kind & glyph::hex) != 0 ? 1ULL << 48U : 0ULL);
  }
  return out;
}

constexpr auto shares = make_shares();

constexpr std::size_t share_of(std::uint64_t sums, unsigned shift) {
  return static_cast<std::size_t>((sums >> shift) & 0xffffU);
}

} // namespace

makeup study(std::string_view text) noexcept {
  constexpr std::size_t most_at_once = 0xffff; // what 16 bits count
  makeup out;
  std::size_t run = 0;
  std::size_t letters = 0;
  std::uint16_t before = 0;
  std::uint16_t all = 0;
  for (std::size_t from = 0; from < text.size(); from += most_at_once) {
    std::uint64_t sums = 0;
    for (const char c : text.substr(from, most_at_once)) {
      const auto kind = glyph_of(c);
      const auto broad = static_cast<std::uint16_t>(kind & glyph::alnum);
      sums += shares[static_cast<unsigned char>(c)];
      all = static_cast<std::uint16_t>(all | kind);
      run = broad != 0 ? run + 1 : 0;
      out.switches += static_cast<std::size_t>(broad != before)
                      & static_cast<std::size_t>(broad != 0)
                      & static_cast<std::size_t>(before != 0);
      const std::size_t on = broad == before ? letters + 1 : 1;
      letters = (broad & glyph::letter) != 0 ? on : 0;
      out.longest = std::max(out.longest, run);
      out.letter_run = std::max(out.letter_run, letters);
      before = broad;
    }
    out.digits += share_of(sums, 0);
    out.lowers += share_of(sums, 16);
    out.uppers += share_of(sums, 32);
    out.hex += share_of(sums, 48);
  }
  out.others = text.size() - out.digits - out.lowers - out.uppers;
  out.all_printable = (all & (glyph::control | glyph::line_end)) == 0;
  return out;
}

namespace {

constexpr std::size_t small = 257;

/// log2 of what a character of a short text may count.
const std::array<double, small>& small_logarithms() {
  static const auto made = [] {
    std::array<double, small> out{};
    for (std::size_t n = 1; n < small; ++n)
      out[n] = std::log2(static_cast<double>(n));
    return out;
  }();
  return made;
}

} // namespace

double entropy(std::string_view text) noexcept {
  if (text.empty())
    return 0;
  std::array<std::uint32_t, 256> counts{};
  for (const char c : text)
    ++counts[static_cast<unsigned char>(c)];
  const auto size = static_cast<double>(text.size());
  double sum = 0;
  if (text.size() < small) { // as many looks as there are characters
    const auto& logarithms = small_logarithms();
    for (const char c : text)
      sum += logarithms[counts[static_cast<unsigned char>(c)]];
    return logarithms[text.size()] - sum / size;
  }
  for (const auto n : counts)
    if (n != 0)
      sum += static_cast<double>(n) * std::log2(static_cast<double>(n));
  return std::log2(size) - sum / size;
}

std::size_t count_of(std::string_view text, char wanted) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  constexpr std::uint64_t lows = 0x7f7f7f7f7f7f7f7fULL;
  const auto pattern = ones * static_cast<unsigned char>(wanted);
  std::size_t n = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    const auto x = word ^ pattern; // a byte of it is zero where it stands
    n += static_cast<std::size_t>(
        std::popcount(~(((x & lows) + lows) | x) & ~lows));
  }
  for (; i < text.size(); ++i)
    n += text[i] == wanted ? 1U : 0U;
  return n;
}

bool is_varied(std::string_view text) noexcept {
  std::array<std::uint16_t, 256> counts{};
  std::uint16_t most = 0;
  for (const char c : text.substr(0, 0xffff))
    most = std::max(most, ++counts[static_cast<unsigned char>(c)]);
  // No character is more than a quarter: two bits at least.
  return std::size_t{most} * 4 <= text.size() || entropy(text) >= 2.0;
}

bool begins_word(std::string_view text, std::size_t at) noexcept {
  if (at == 0 || !is(text[at - 1], glyph::alnum))
    return true;
  const char last = text[at - 1];
  if (at >= 2 && text[at - 2] == '\\')
    return last == 'n' || last == 't' || last == 'r';
  if (at >= 3 && text[at - 3] == '%')
    return is(last, glyph::hex) && is(text[at - 2], glyph::hex);
  return at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u';
}

} // namespace telltale::redact
