#include "actors/status_intake/classify/words.hpp"

namespace telltale {

namespace {

constexpr phrase rows[] = {
#define TELLTALE_ASSERTS(proves, text, stands, example)                        \
  {text, proof::asserts, static_cast<std::uint16_t>(rule::proves),             \
   edges::stands, example},
#define TELLTALE_MENTIONS(proves, text, stands, example)                       \
  {text, proof::mentions, static_cast<std::uint16_t>(rule::proves),            \
   edges::stands, example},
#define TELLTALE_CUE(says, text, stands)                                       \
  {text, proof::cue, static_cast<std::uint16_t>(cue::says), edges::stands, {}},
#define TELLTALE_STATUS(code, text, stands)                                    \
  {text, proof::status, code, edges::stands, {}},
#include "actors/status_intake/classify/words/words.def"
};

constexpr cue_pair pairs[] = {
#define TELLTALE_TOGETHER(proves, one, other, example)                         \
  {rule::proves, cue::one, cue::other, example},
#include "actors/status_intake/classify/words/words.def"
};

} // namespace

std::span<const phrase> phrases() {
  return rows;
}

std::span<const cue_pair> cue_pairs() {
  return pairs;
}

} // namespace telltale
