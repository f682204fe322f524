#include "actors/redaction/detect/prefixes.hpp"

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

namespace sets {
using namespace glyph;
/// What may stand in a secret that is made of any printable character.
inline constexpr std::uint16_t graphic =
    word | dash | dot | plus_slash | equals | tilde | mark;
} // namespace sets

constexpr std::uint16_t charset_of(std::uint16_t set) {
  return set;
}

constexpr prefix_row make_row(std::string_view literal, std::uint16_t charset,
                              std::uint16_t least, std::uint16_t most,
                              std::uint8_t rules, secret_class kind) {
  return {literal, charset, least, most, rules, kind};
}

constexpr prefix_row table[] = {
#define TELLTALE_PREFIX(literal, charset, least, most, rules, kind)            \
  make_row(                                                                    \
      literal,                                                                 \
      [] {                                                                     \
        using namespace sets;                                                  \
        return charset_of(charset);                                            \
      }(),                                                                     \
      least, most,                                                             \
      [] {                                                                     \
        using namespace rule;                                                  \
        return static_cast<std::uint8_t>(rules);                               \
      }(),                                                                     \
      secret_class::kind),
#include "actors/redaction/detect/prefixes.def"
#undef TELLTALE_PREFIX
};

/// How much of a token is enough to know it by.
constexpr std::size_t longest_studied = 96;

bool obeys(search& s, std::size_t from, std::size_t to, std::uint8_t rules) {
  const auto end = std::min(to, from + longest_studied);
  const auto has = [&](std::uint16_t set) {
    return s.find_any(from, end, set) < end;
  };
  if ((rules & (rule::digit | rule::mixed)) != 0 && !has(glyph::digit))
    return false;
  if ((rules & rule::run) != 0 && s.find_word(from, end, 16) == end)
    return false;
  return (rules & rule::mixed) == 0 || (has(glyph::lower) && has(glyph::upper));
}

constexpr std::string_view infixes[] = {
    "t3blbkfj", ".atlasv1.", "q~",   ".acc_", "_mmk", ":aa",  "-us",  "!aq",
    "!ar",      "azfu",      "azse", "acdb",  "azca", "+ast", "+aba", "+aeh",
    "+asb",     "+aiot",     "+arm", "jqqj",  "azdo", "nral",
};

constexpr std::size_t infix_count = std::size(infixes);
static_assert(infix_count == 22, "confirm_infix counts them");

} // namespace

std::span<const prefix_row> prefix_rows() noexcept {
  return table;
}

std::span<const std::string_view> infix_literals() noexcept {
  return infixes;
}

void confirm_prefix(search& s, std::size_t row, std::size_t at) {
  const auto& r = table[row];
  const auto text = s.text;
  if (!begins_word(text, at) || !starts_at(text, at, r.literal))
    return;
  const auto from = at + r.literal.size();
  if (from >= text.size() || !is(text[from], r.charset))
    return;
  if (at < s.seen.prefix)
    return; // inside a token that was found
  auto to = s.run_end(from, r.charset);
  s.spend(16);
  while (to > from && text[to - 1] == '.')
    --to;
  const auto n = to - from;
  if (n < r.least)
    return;
  // A fixed length means nothing if the token goes on in another alphabet.
  if ((r.rules & rule::exact) != 0
      && (n > r.most || (to < text.size() && is(text[to], glyph::word))))
    return;
  if (obeys(s, from, to, r.rules)) {
    s.add(at, to, r.kind);
    s.seen.prefix = to;
  }
}

void confirm_infix(search& s, std::size_t which, std::size_t at) {
  const auto text = s.text;
  const auto literal = infixes[which];
  const auto end = at + literal.size();
  const auto spelled = text.substr(at, literal.size());
  switch (which) {
  case 0: { // OpenAI's mark, inside sk-…
    if (spelled != "T3BlbkFJ")
      return;
    const auto from = s.run_begin(at, glyph::url_safe, 160);
    const auto to = s.run_end(end, glyph::url_safe);
    s.spend(8);
    if (at - from >= 16 && to - end >= 16)
      s.add(from, to, secret_class::llm_key);
    return;
  }
  case 1: { // Terraform Cloud
    const auto from = skip_back(text, at, glyph::alnum, 20);
    const auto to = s.run_end(end, glyph::url_safe | glyph::equals);
    s.spend(8);
    if (at - from >= 10 && to - end >= 40)
      s.add(from, to, secret_class::vault_token);
    return;
  }
  case 2: { // Entra ID: three characters, a digit, Q~
    constexpr auto set = glyph::word | glyph::dash | glyph::dot | glyph::tilde;
    if (spelled != "Q~" || at < 4 || !is(text[at - 1], glyph::digit))
      return;
    const auto from = at - 4;
    const auto to = s.run_end(end, set);
    s.spend(8);
    if (to - end >= 30 && to - end <= 40 && s.run_end(from, set) >= end)
      s.add(from, to, secret_class::azure_secret);
    return;
  }
  case 3: { // Authress
    const auto from = s.run_begin(at, glyph::url_safe | glyph::dot, 60);
    const auto to = s.run_end(end, glyph::url_safe | glyph::dot);
    s.spend(8);
    if (at - from >= 12 && to - end >= 30)
      s.add(from, to, secret_class::vendor_token);
    return;
  }
  case 4: { // MaxMind
    const auto from = s.run_begin(at, glyph::word, 50);
    if (at - from >= 30 && (end == text.size() || !is(text[end], glyph::word))
        && study(text.substr(from, at - from)).digits != 0)
      s.add(from, end, secret_class::vendor_token);
    return;
  }
  case 5: { // Telegram: 8 to 10 digits, a colon, 35 more
    const auto from = skip_back(text, at, glyph::digit, 11);
    const auto to = s.run_end(at + 1, glyph::url_safe);
    s.spend(8);
    if (at - from >= 8 && at - from <= 10 && to - at - 1 >= 34
        && to - at - 1 <= 36
        && (from == 0 || !is(text[from - 1], glyph::digit)))
      s.add(from, to, secret_class::telegram_token);
    return;
  }
  case 6: { // Mailchimp: 32 hex digits and a data centre
    const auto from = skip_back(text, at, glyph::hex, 33);
    const auto to = s.run_end(end, glyph::digit);
    if (at - from == 32 && to > end && to - end <= 2
        && !is(to < text.size() ? text[to] : ' ', glyph::alnum))
      s.add(from, to, secret_class::vendor_token);
    return;
  }
  case 7:
  case 8: { // Salesforce: an organisation's id, an exclamation mark
    const auto from = skip_back(text, at, glyph::alnum, 19);
    const auto to = s.run_end(at + 1, glyph::word | glyph::dot);
    s.spend(8);
    if (at - from >= 15 && at - from <= 18 && text.substr(from, 3) == "00D"
        && to - at >= 60)
      s.add(from, to, secret_class::vendor_token);
    return;
  }
  case infix_count - 1: { // New Relic's licence: hex and its mark
    const auto from = s.run_begin(at, glyph::hex, 40);
    if (spelled == "NRAL" && at - from >= 30 && at - from <= 38
        && (end == text.size() || !is(text[end], glyph::word))
        && begins_word(text, from))
      s.add(from, end, secret_class::vendor_token);
    return;
  }
  default: { // keys of Azure's services, which carry a mark of theirs
    static constexpr std::string_view marks[] = {
        "AzFu", "AzSe", "ACDb",  "AzCa", "+ASt", "+ABa",
        "+AEh", "+ASb", "+AIoT", "+ARm", "JQQJ", "AZDO"};
    if (spelled != marks[which - 9])
      return;
    const auto from = s.run_begin(at, glyph::base64, 120);
    const auto to = s.run_end(end, glyph::base64);
    const auto n = to - from;
    if (n < 40 || n > 120 || s.seen.azure == from)
      return;
    s.seen.azure = from; // a run may hold many marks
    s.spend(n);
    if (begins_word(text, from)
        && study(text.substr(from, n)).switches * 3 >= n)
      s.add(from, to, secret_class::azure_secret);
    return;
  }
  }
}

} // namespace telltale::redact
