#include "actors/redaction/text/shadow.hpp"

#include <algorithm>
#include <cstring>

#include "actors/redaction/rewrite/placeholder.hpp"

namespace telltale::redact {

namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// Length of the valid UTF-8 sequence at `at`, 0 if there is none. The one
/// place beside text/utf8.hpp that reads UTF-8: it is inlined into loops over
/// every byte of every text (tests/bench/redaction_bench.cpp).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto continues = [&](std::size_t i, unsigned low = 0x80,
                             unsigned high = 0xbf) {
    const auto b = byte_at(text, i);
    return i < text.size() && b >= low && b <= high;
  };
  const auto b = byte_at(text, at);
  if (b < 0x80)
    return 1;
  if (b >= 0xc2 && b <= 0xdf)
    return continues(at + 1) ? 2 : 0;
  if (b >= 0xe0 && b <= 0xef) {
    const unsigned low = b == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = b == 0xed ? 0x9f : 0xbf; // no surrogates
    return continues(at + 1, low, high) && continues(at + 2) ? 3 : 0;
  }
  if (b >= 0xf0 && b <= 0xf4) {
    const unsigned low = b == 0xf0 ? 0x90 : 0x80;
    const unsigned high = b == 0xf4 ? 0x8f : 0xbf;
    return continues(at + 1, low, high) && continues(at + 2)
                   && continues(at + 3)
               ? 4
               : 0;
  }
  return 0;
}

/// First position that clean text cannot have; `npos` if there is none.
std::size_t first_unclean(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    // Eight bytes at once while they are ASCII and none of them is NUL.
    while (i + 8 <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, 8);
      const auto zeros = (word - 0x0101010101010101ULL) & ~word;
      if (((word | zeros) & 0x8080808080808080ULL) != 0)
        break;
      i += 8;
    }
    if (i == text.size())
      break;
    const auto n = text[i] == '\0' ? 0 : sequence_length(text, i);
    if (n == 0)
      return i;
    i += n;
  }
  return std::string_view::npos;
}

/// Length of the ANSI sequence at an escape character.
std::size_t ansi_length(std::string_view text, std::size_t at) {
  constexpr std::size_t longest = 256;
  const auto next = byte_at(text, at + 1);
  if (next == '[') { // CSI: parameters, then one final byte
    auto i = at + 2;
    while (i < text.size() && i < at + longest && byte_at(text, i) >= 0x20
           && byte_at(text, i) <= 0x3f)
      ++i;
    return byte_at(text, i) >= 0x40 && byte_at(text, i) <= 0x7e ? i + 1 - at
                                                                : 2;
  }
  if (next == ']' || next == '_' || next == 'P' || next == '^') {
    // OSC, APC, DCS, PM: to BEL or ESC backslash, on one line
    for (auto i = at + 2; i < text.size() && i < at + longest; ++i) {
      if (text[i] == '\a')
        return i + 1 - at;
      if (text[i] == '\x1b')
        return byte_at(text, i + 1) == '\\' ? i + 2 - at : i - at;
      if (text[i] == '\n')
        break;
    }
    return 2;
  }
  if (next >= 0x40 && next <= 0x5f)
    return 2;
  if ((next == '(' || next == ')') && byte_at(text, at + 2) != 0)
    return byte_at(text, at + 2) < 0x80 ? 3 : 2;
  return 1;
}

/// The same, but never into a placeholder: an escape character that was left
/// before one must not hide it.
std::size_t strippable_length(std::string_view text, std::size_t at) {
  const auto n = ansi_length(text, at);
  for (std::size_t k = 1; k < n; ++k)
    if (text[at + k] == '[' && placeholder_length(text, at + k) != 0)
      return k;
  return n;
}

/// Length of the invisible character at `at`, 0 if what is there is visible.
std::size_t invisible_length(std::string_view text, std::size_t at) {
  const auto a = byte_at(text, at);
  const auto b = byte_at(text, at + 1);
  const auto c = byte_at(text, at + 2);
  if (a == 0xe2 && b == 0x80) // zero width, marks, embeddings
    return (c >= 0x8b && c <= 0x8f) || (c >= 0xaa && c <= 0xae) ? 3 : 0;
  if (a == 0xe2 && b == 0x81) // word joiner, isolates
    return c >= 0xa0 && c <= 0xaf ? 3 : 0;
  if (a == 0xef && b == 0xbb && c == 0xbf) // byte order mark
    return 3;
  if (a == 0xef && b == 0xb8 && c >= 0x80 && c <= 0x8f) // variation selectors
    return 3;
  if (a == 0xe1 && b == 0xa0 && c == 0x8e)
    return 3;
  if ((a == 0xc2 && b == 0xad) || (a == 0xd8 && b == 0x9c))
    return 2;
  return 0;
}

/// The ASCII character that a full-width one stands for, 0 if it is none.
char folded(std::string_view text, std::size_t at) {
  if (byte_at(text, at) != 0xef)
    return 0;
  const auto b = byte_at(text, at + 1);
  const auto c = byte_at(text, at + 2);
  if (b == 0xbc && c >= 0x81 && c <= 0xbf)
    return static_cast<char>(c - 0x81 + 0x21);
  if (b == 0xbd && c >= 0x80 && c <= 0x9e)
    return static_cast<char>(c - 0x80 + 0x60);
  return 0;
}

/// First byte that may begin something to strip or fold.
std::size_t first_odd(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 8 <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, 8);
      // A byte equals ESC where its difference to ESC is zero.
      const auto x = word ^ 0x1b1b1b1b1b1b1b1bULL;
      const auto escapes = (x - 0x0101010101010101ULL) & ~x;
      if (((word | escapes) & 0x8080808080808080ULL) == 0) {
        i += 7;
        continue;
      }
    }
    const auto b = byte_at(text, i);
    if (b == 0x1b
        || (b >= 0x80
            && (invisible_length(text, i) != 0 || folded(text, i) != 0)))
      return i;
  }
  return std::string_view::npos;
}

} // namespace

std::string_view clean_text(std::string_view input, std::string& keep) {
  const auto first = first_unclean(input);
  if (first == std::string_view::npos)
    return input;
  keep.assign(input.substr(0, first));
  keep.reserve(input.size());
  for (auto i = first; i < input.size();) {
    const auto n = input[i] == '\0' ? 0 : sequence_length(input, i);
    keep.append(input.substr(i, n));
    i += n == 0 ? 1 : n;
  }
  return keep;
}

shadow::shadow(std::string_view original) : original_(original) {
  const auto first = first_odd(original);
  if (first == std::string_view::npos)
    return;
  text_.resize(original.size());
  starts_.resize(original.size());
  ends_.resize(original.size());
  std::size_t size = 0;
  const auto put = [&, text = text_.data(), starts = starts_.data(),
                    ends = ends_.data()](char c, std::size_t from,
                                         std::size_t to) {
    text[size] = c;
    starts[size] = static_cast<std::uint32_t>(from);
    ends[size] = static_cast<std::uint32_t>(to);
    ++size;
  };
  for (std::size_t i = 0; i < original.size();) {
    const char c = original[i];
    if (c == '\x1b') {
      i += strippable_length(original, i);
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x80) {
      put(c, i, i + 1);
      ++i;
      continue;
    }
    if (const auto n = invisible_length(original, i); n != 0) {
      i += n;
      continue;
    }
    if (const char plain = folded(original, i); plain != 0) {
      put(plain, i, i + 3);
      i += 3;
      continue;
    }
    // Every byte of a visible character maps to the whole of it, so that no
    // span can cut one.
    const auto n = std::max<std::size_t>(sequence_length(original, i), 1);
    for (std::size_t k = 0; k < n; ++k)
      put(original[i + k], i, i + n);
    i += n;
  }
  text_.resize(size);
  starts_.resize(
      std::max<std::size_t>(size, 1)); // not empty: there is a shadow
  ends_.resize(starts_.size());
}

} // namespace telltale::redact
