#include "actors/redaction/characters.hpp"

#include <algorithm>
#include <cmath>

namespace telltale::redact {

makeup study(std::string_view text) noexcept {
  makeup out;
  std::size_t run = 0;
  std::size_t letters = 0;
  std::uint16_t before = 0;
  for (const char c : text) {
    const auto kind = glyph_of(c);
    const auto broad = static_cast<std::uint16_t>(kind & glyph::alnum);
    if ((kind & glyph::hex) != 0)
      ++out.hex;
    if ((kind & glyph::digit) != 0)
      ++out.digits;
    else if ((kind & glyph::lower) != 0)
      ++out.lowers;
    else if ((kind & glyph::upper) != 0)
      ++out.uppers;
    else
      ++out.others;
    if (broad != 0) {
      ++run;
      if (before != 0 && before != broad)
        ++out.switches;
      letters = (broad & glyph::letter) == 0 ? 0
                : broad == before            ? letters + 1
                                             : 1;
    } else {
      run = 0;
      letters = 0;
    }
    out.longest = std::max(out.longest, run);
    out.letter_run = std::max(out.letter_run, letters);
    if ((kind & (glyph::control | glyph::line_end)) != 0)
      out.all_printable = false;
    before = broad;
  }
  return out;
}

double entropy(std::string_view text) noexcept {
  if (text.empty())
    return 0;
  std::array<std::uint32_t, 256> counts{};
  for (const char c : text)
    ++counts[static_cast<unsigned char>(c)];
  const auto size = static_cast<double>(text.size());
  double sum = 0;
  for (const auto n : counts)
    if (n != 0)
      sum += static_cast<double>(n) * std::log2(static_cast<double>(n));
  return std::log2(size) - sum / size;
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
