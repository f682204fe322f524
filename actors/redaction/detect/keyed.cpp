#include "actors/redaction/detect/keyed.hpp"

#include <algorithm>

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/detect/key_values.hpp"
#include "actors/redaction/detect/values.hpp"
#include "actors/redaction/scan/word_list.hpp"
#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t longest_judged = 512;
// Names in one name, and values in one value: nobody writes so many, and each
// is looked at anew.
constexpr std::uint32_t most_names_of_a_value = 6;
constexpr std::uint32_t most_nested = 16;

bool all_digits(std::string_view v) {
  return skip(v, 0, glyph::digit | glyph::dot) == v.size();
}

constexpr auto plain_set = glyph::letter | glyph::underscore | glyph::dash
                           | glyph::dot | glyph::plus_slash;

/// A word as it stands in sentences and code: letters alone, or joined.
bool is_plain_word(std::string_view v) {
  return skip(v, 0, plain_set) == v.size(); // which holds no digit
}

/// Is the rest of the line after the value empty?
bool ends_line(std::string_view text, std::size_t at) {
  at = skip(text, at, glyph::blank);
  return at >= text.size() || is(text[at], glyph::line_end);
}

/// Is the name the first thing on its line?
bool begins_line(std::string_view text, std::size_t at) {
  at = skip_back(text, at, glyph::blank | glyph::dash, 80);
  return at == 0 || is(text[at - 1], glyph::line_end);
}

/// `VENDOR SECRET value` with nothing after it: a name in capitals, then one
/// long word that is none; or SQL's `PASSWORD value;`.
bool names_value_alone(std::string_view text, const key_site& site,
                       const value_span& v, key_family family) {
  const auto value = text.substr(v.begin, v.end - v.begin);
  const auto after = v.end < text.size() ? text[v.end] : '\n';
  if (!ends_line(text, v.end) && after != ';')
    return false;
  if (family == key_family::password)
    return is_random(value, 10);
  const auto m = study(value);
  const auto word =
      study(text.substr(site.word_begin, site.word_end - site.word_begin));
  return word.lowers == 0 && m.others == 0
         && (m.digits >= 3 ? value.size() >= 14 : value.size() >= 20);
}

/// A value and what it is made of.
struct judged_value {

  [[nodiscard]] bool random(std::size_t least) const {
    return is_random(text, least, first);
  }
  [[nodiscard]] bool plain() const { return is_plain_word(text); }
  [[nodiscard]] bool has_blanks() const {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return is(c, glyph::space) && c != '\r'; });
  }

  std::string_view text;
  const makeup& first; ///< its first 256 characters
  const makeup& all;
};

/// Is the value of a name that speaks about a secret one nevertheless?
bool judge_about(const judged_value& v, key_family family) {
  return family != key_family::weak && v.random(20)
         && v.text.find(' ') == std::string_view::npos;
}

/// Is the value of a name that speaks of a secret a secret?
bool judge_named(std::string_view text, const key_site& site,
                 const value_span& v, const judged_value& judged,
                 key_family family) {
  const auto value = judged.text;
  const auto& m = judged.all;
  if (site.parameter)
    return value.size() >= (family == key_family::weak ? 8U : 4U)
           && (family != key_family::weak || m.digits != 0);
  switch (family) {
  case key_family::password:
    break;
  case key_family::token:
    if (all_digits(value) && value.size() < 12)
      return false;
    break;
  case key_family::weak:
    // `signing key 1988…`: a fingerprint or a commit.
    if (site.op == key_operator::blank && value.size() >= 40
        && skip(value, 0, glyph::hex) == value.size())
      return false;
    return (judged.random(12)
            || (site.op == key_operator::blank && !v.quoted
                && names_value_alone(text, site, v, family)))
           && !judged.has_blanks() && !is_reference(value);
  }
  const bool strong = judged.random(8);
  if (!strong && is_reference(value))
    return false;
  const bool blanks = judged.has_blanks();
  switch (site.op) {
  case key_operator::assign:
  case key_operator::comma:
  case key_operator::compare:
    if (v.quoted) {
      if (family == key_family::password)
        return value.size() >= (site.op == key_operator::comma ? 4U : 3U)
               && !(site.op == key_operator::comma && judged.plain());
      return value.size() >= 6 && (strong || !judged.plain())
             && !(blanks && m.digits == 0 && m.others < 4);
    }
    if (is_prose_word(value))
      return false;
    if (site.op == key_operator::compare)
      return strong;
    if (family == key_family::password)
      return value.size() >= 3
             && !(site.spaced && judged.plain() && !ends_line(text, v.end));
    return value.size() >= 6
           && (strong || (m.digits != 0 && value.size() >= 8) || m.others >= 3
               || (value.size() >= 16 && m.longest >= 12));
  case key_operator::colon:
    if (v.quoted) {
      if (family == key_family::password)
        return value.size() >= 3 && !(blanks && !site.quoted_name);
      return value.size() >= 6 && !(blanks && m.others < 4)
             && (strong || !judged.plain());
    }
    if (is_prose_word(value))
      return false;
    if (family == key_family::password) {
      if (value.size() < 4)
        return false;
      // What a test runner says: `--- PASS: TestThings/case_2 (0.00s)`.
      if (site.spaced && site.end - site.begin == 4
          && !(strong && ends_line(text, v.end)))
        return false;
      if (m.digits != 0 || (m.others != 0 && !judged.plain()))
        return m.lowers + m.uppers != 0 || value.size() >= 6;
      return (!site.spaced && value.size() >= 6)
             || (begins_line(text, site.begin) && ends_line(text, v.end));
    }
    return strong || (!site.spaced && m.digits != 0 && value.size() >= 8)
           || (value.size() >= 16 && m.digits != 0);
  case key_operator::element:
    return family == key_family::password ? value.size() >= 3
                                          : value.size() >= 8 && m.digits != 0;
  case key_operator::blank:
    if (v.quoted)
      return !blanks && !judged.plain() && (m.digits != 0 || m.others >= 4)
             && value.size() >= (family == key_family::password ? 6U : 8U);
    if (site.option)
      return family == key_family::password
                 ? value.size() >= 4 && !is_prose_word(value)
                       && value.front() != '-'
                 : strong || (m.digits >= 2 && value.size() >= 8);
    return names_value_alone(text, site, v, family)
           || (judged.random(16) && m.digits >= 2);
  case key_operator::joined:
    return m.longest >= 16 ? judged.random(16) && m.digits >= 3
                           : is_uuid_shaped(value);
  case key_operator::none:
    return false;
  }
  return false;
}

/// Is the value a secret? `name` is the whole one.
bool judge(search& s, const key_site& site, const value_span& v,
           key_family family, std::string_view name) {
  const auto text = s.text;
  const auto value =
      text.substr(v.begin, std::min(v.end - v.begin, longest_judged));
  auto& known = s.judged;
  if (known.begin != v.begin || known.end != v.begin + value.size()) {
    known.begin = v.begin;
    known.end = v.begin + value.size();
    known.studied = false;
    known.stand_in =
        is_stand_in(value) || s.placeholder_at(v.begin) == value.size();
  }
  if (known.stand_in)
    return false;
  if (!v.quoted && is_call(value))
    return false;
  if (family != key_family::password && is_printed_object(value))
    return false;
  // The quote closed something before: `"token=" + value`.
  if (v.quoted && !site.quoted_name
      && (value.substr(0, 3) == " + " || value.substr(0, 3) == " . "
          || (!v.closed && is(value.front(), glyph::blank))
          || (!v.closed && (value.front() == ',' || value.front() == ')'))))
    return false;
  if (!known.studied) {
    s.spend(value.size());
    known.studied = true;
    known.first = study(value.substr(0, 256));
    known.all = value.size() <= 256 ? known.first : study(value);
  }
  const judged_value judged{value, known.first, known.all};
  const bool named = judge_named(text, site, v, judged, family);
  const bool about = judge_about(judged, family);
  if (named == about)
    return named; // whatever the name says
  return is_about(name, site.word_begin - site.begin,
                  site.word_end - site.begin)
             ? about
             : named;
}

secret_class kind_of(const search& s, const key_site& site,
                     std::string_view value) {
  const auto name = s.text.substr(site.begin, site.end - site.begin);
  static constexpr std::string_view aws[] = {"aws"};
  static constexpr word_search of_aws{aws};
  static constexpr std::string_view lark[] = {
      "app_secret", "appsecret", "encrypt_key", "verification_token",
      "tenant_access_token"};
  static constexpr word_search of_lark{lark};
  if (site.parameter)
    return secret_class::url_query_secret;
  if (site.op == key_operator::colon && name.size() > 2
      && equals_lowered(name.substr(0, 2), "x-"))
    return secret_class::auth_header;
  if (value.size() == 40 && of_aws.in(name)
      && skip(value, 0, glyph::base64) == value.size())
    return secret_class::aws_secret_key;
  if (of_lark.in(name))
    return secret_class::lark_secret;
  if (site.op == key_operator::assign && !site.spaced && site.begin > 0) {
    const auto before = s.text.substr(0, site.begin);
    const auto last = before.find_last_not_of(" \t");
    if (last != std::string_view::npos && before[last] == ';'
        && !site.parameter)
      return secret_class::connection_string;
  }
  return secret_class::keyed_secret;
}

/// Does the word before the name make it one that holds no secret?
bool follows_harmless(std::string_view text, const key_site& site) {
  if (site.begin == 0 || !is(text[site.begin - 1], glyph::blank) || site.option
      || site.parameter)
    return false;
  const auto end = skip_back(text, site.begin, glyph::blank, 4);
  const auto begin = skip_back(text, end, glyph::alnum, 16);
  const auto word = text.substr(begin, end - begin);
  static constexpr std::string_view words[] = {
      "public",   "primary",   "foreign", "unexpected", "invalid", "illegal",
      "expected", "duplicate", "unknown", "cache",      "host",    "csrf",
      "missing",  "next",      "sort",    "partition",  "unique",  "bad"};
  static constexpr word_list harmless{words};
  if (word.empty()
      || (site.op != key_operator::blank && site.op != key_operator::colon
          && site.op != key_operator::joined))
    return false;
  return harmless.has(word);
}

/// `"value" === name`: the value stands in front.
void confirm_reversed(search& s, const key_site& site, key_family family) {
  const auto text = s.text;
  auto i = site.begin;
  while (i > 0 && is(text[i - 1], glyph::blank))
    --i;
  auto op = i;
  while (op > 0 && text[op - 1] == '=' && i - op < 3)
    --op;
  if (op > 0 && text[op - 1] == '!')
    --op;
  if (i - op < 2)
    return;
  while (op > 0 && is(text[op - 1], glyph::blank))
    --op;
  if (op < 3 || !is(text[op - 1], glyph::quote) || family == key_family::weak)
    return;
  const auto close = op - 1;
  const auto floor = close > 256 ? close - 256 : 0;
  auto open = close;
  while (open > floor && text[open - 1] != text[close]
         && !is(text[open - 1], glyph::line_end))
    --open;
  s.spend(close - open);
  const auto value = text.substr(open, close - open);
  if (open > floor && text[open - 1] == text[close] && value.size() >= 6
      && !is_stand_in(value) && !is_plain_word(value))
    s.add(open, close, secret_class::keyed_secret);
}

/// Is what a name's word is joined to no secret, `key-to-the-door`? Cheaper
/// than to judge it: nothing in it can be random.
bool is_joined_to_words(search& s, std::size_t value, key_family family) {
  const auto run = s.run_end(value, glyph::url_safe);
  const auto end = std::min(run, value + longest_judged);
  return run - value != 36 && s.find_word(value, end, 16) == end
         && (family != key_family::weak
             || s.find_any(value, end, glyph::digit) == end);
}

/// The same for a word of a long name, before the rest of the name is looked
/// at.
bool is_amid_words(search& s, std::size_t word_end, const key_word& word) {
  if (!is_deep_in_name(s, word_end))
    return false;
  const auto value = word_end + 1;
  return (word.rules & key_rule::alone) != 0
         || (is(s.text[value], glyph::url_safe)
             && !is(s.text[value + 1], glyph::quote)
             && is_joined_to_words(s, value, word.family));
}

} // namespace

void confirm_keyed(search& s, std::size_t word, std::size_t at) {
  if (at < s.seen.keyed)
    return; // inside a value that was found
  const auto& k = key_words()[word];
  const auto text = s.text;
  s.seen.keys = true;
  const auto end = at + k.word.size();
  s.spend(8);
  if (is_amid_words(s, end, k))
    return;
  const auto site = read_site(s, at, end, (k.rules & key_rule::part) != 0);
  if (site.op == key_operator::compare || site.op == key_operator::none
      || site.op == key_operator::blank)
    if (site.end != 0)
      confirm_reversed(s, site, k.family);
  if (site.op == key_operator::none || site.value >= text.size())
    return;
  if (site.parameter && (k.rules & key_rule::query) == 0)
    return;
  if (site.op == key_operator::joined && (k.rules & key_rule::alone) != 0)
    return;
  if (s.seen.key_value == site.value) {
    if (++s.seen.key_names > most_names_of_a_value)
      return; // `a_key_b_token_c_secret…=`: it was looked at often enough
  } else {
    s.seen.key_value = site.value;
    s.seen.key_names = 0;
  }
  const auto v = read_value(s, site);
  if (v.end <= v.begin)
    return;
  // Prose: `the key is`. A word on its own says something at a line's end.
  if (site.op == key_operator::blank && !v.quoted && !site.option
      && !site.parameter && v.end - v.begin < 12 && v.end < text.size()
      && text[v.end] != ';' && !ends_line(text, v.end))
    return;
  if (site.op == key_operator::joined) {
    if (s.run_end(v.begin, glyph::url_safe) < v.end)
      return;
    if (is_joined_to_words(s, v.begin, k.family))
      return;
  }
  const auto name = text.substr(site.begin, site.end - site.begin);
  if (v.begin >= s.seen.key_end)
    s.seen.key_depth = 0;
  s.seen.key_end = std::max(s.seen.key_end, v.end);
  const bool deep = ++s.seen.key_depth > most_nested;
  if (!deep && !judge(s, site, v, k.family, name))
    return;
  s.spend(name.size());
  if (is_harmless(name) || follows_harmless(text, site))
    return; // `public key: …`, `unexpected token "…"`
  s.add(v.begin, v.end,
        deep ? secret_class::keyed_secret
             : kind_of(s, site, text.substr(v.begin, v.end - v.begin)));
  s.seen.keyed = v.end;
}

} // namespace telltale::redact
