#include <algorithm>

#include "actors/redaction/detect/keyed.hpp"
#include "actors/redaction/scan/word_list.hpp"
#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t longest_side = 64; ///< of a name, around its word
constexpr auto name_set = glyph::url_safe | glyph::dot;

constexpr key_word words[] = {
#define TELLTALE_KEY_WORD(word, family, rules)                                 \
  {word, key_family::family, [] {                                              \
     using namespace key_rule;                                                 \
     return static_cast<std::uint8_t>(rules);                                  \
   }()},
#include "actors/redaction/detect/key_words.def"
#undef TELLTALE_KEY_WORD
};

/// May a part of a name begin at `at`: `db_pass`, `dbPass`, `DBpass`?
bool part_begins(std::string_view text, std::size_t at) {
  if (at == 0 || !is(text[at - 1], glyph::alnum))
    return true;
  if (is(text[at - 1], glyph::digit))
    return true;
  if (begins_word(text, at))
    return true;
  const bool upper = is(text[at], glyph::upper);
  if (upper && is(text[at - 1], glyph::lower))
    return true; // vendorKey
  // MYSQLPASS, vendorKEY: only a word in capitals may stand at the end of
  // others.
  return false;
}

bool part_ends(std::string_view text, std::size_t at) {
  if (at >= text.size() || !is(text[at], glyph::letter))
    return true;
  return is(text[at], glyph::upper) && is(text[at - 1], glyph::lower);
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return skip(text, at, glyph::blank);
}

/// Steps over a closing quote, escaped or not, and brackets.
std::size_t close_name(std::string_view text, std::size_t at, bool& quoted) {
  if (starts_at(text, at, "[]"))
    at += 2;
  auto i = at;
  while (i < text.size() && text[i] == '\\' && i - at < 4)
    ++i;
  if (i < text.size() && is(text[i], glyph::quote)) {
    quoted = true;
    at = i + 1;
  } else if (starts_at(text, at, "&quot;") || starts_at(text, at, "&#34;")) {
    quoted = true;
    at = text.find(';', at) + 1;
  }
  if (at < text.size() && (text[at] == ']' || text[at] == ')'))
    ++at;
  return at;
}

/// Reads an operator; gives its end, or `at` if there is none.
std::size_t read_operator(std::string_view text, std::size_t at,
                          key_site& site) {
  auto i = at;
  std::size_t equals = 0;
  std::size_t colons = 0;
  bool negated = false;
  while (i < text.size() && i - at < 5) {
    const char c = text[i];
    if (c == '=')
      ++equals;
    else if (c == ':')
      ++colons;
    else if (c == '!' && i == at && starts_at(text, i, "!="))
      negated = true;
    else if (c == '>' && equals == 1 && i == at + 1) {
      site.op = key_operator::assign;
      return i + 1;
    } else if ((c == '?' || c == '.' || c == '+' || c == '|') && equals == 0
               && i + 1 < text.size()
               && (text[i + 1] == '=' || text[i + 1] == c)) {
      ++i;
      continue;
    } else
      break;
    ++i;
  }
  if (equals == 0 && colons == 0)
    return at;
  if (equals == 0 && colons == 2)
    return at; // a scope, not an assignment
  site.op = equals == 0                  ? key_operator::colon
            : equals >= 2 && colons == 0 ? key_operator::compare
            : negated                    ? key_operator::compare
                                         : key_operator::assign;
  return i;
}

/// The type in `var name string = …`.
std::size_t skip_type(std::string_view text, std::size_t at) {
  if (at >= text.size() || !is(text[at], glyph::letter))
    return at;
  static constexpr std::string_view types[] = {"string", "String", "str",
                                               "text", "NSString"};
  for (const auto type : types)
    if (starts_at(text, at, type)) {
      const auto next = skip_blanks(text, at + type.size());
      if (next > at + type.size() && next < text.size() && text[next] == '=')
        return next;
    }
  return at;
}

} // namespace

std::span<const key_word> key_words() noexcept {
  return words;
}

bool is_deep_in_name(search& s, std::size_t word_end) {
  const auto text = s.text;
  if (word_end >= text.size()
      || (text[word_end] != '-' && text[word_end] != '_'
          && text[word_end] != '.'))
    return false;
  constexpr std::size_t longest_operator = 16; ///< with a type before it
  return s.run_around(word_end, name_set).end - word_end
         > longest_side + longest_operator;
}

key_site read_site(search& s, std::size_t word_begin, std::size_t word_end,
                   bool part) {
  const auto text = s.text;
  key_site site;
  site.word_begin = word_begin;
  site.word_end = word_end;
  if (part) {
    const auto word = text.substr(word_begin, word_end - word_begin);
    const auto capitals = [&] {
      return std::all_of(word.begin(), word.end(),
                         [](char c) { return is(c, glyph::upper); });
    };
    if (!part_ends(text, word_end)
        || !(part_begins(text, word_begin) || (word.size() >= 3 && capitals())))
      return site;
  }
  site.begin = s.run_begin(word_begin, name_set, longest_side);
  site.end = word_end;
  if (word_end < text.size() && is(text[word_end], name_set))
    site.end =
        std::min(s.run_around(word_end, name_set).end, word_end + longest_side);
  if (site.begin > 0)
    site.parameter = text[site.begin - 1] == '?' || text[site.begin - 1] == '&'
                     || (text[site.begin - 1] == ';' && site.begin >= 5
                         && starts_at(text, site.begin - 5, "&amp;"));
  site.option =
      starts_at(text, site.begin, "--")
      || (site.begin > 0 && text[site.begin - 1] == '/'
          && (site.begin == 1 || is(text[site.begin - 2], glyph::space)));
  auto at = close_name(text, site.end, site.quoted_name);
  const bool closed = at > site.end;
  auto after = skip_blanks(text, at);
  after = skip_type(text, after);
  // <add key="…Password" value="…"/>
  if (site.quoted_name && starts_at(text, after, "value="))
    after += 5;
  const auto operated = read_operator(text, after, site);
  if (operated > after) {
    site.value = skip_blanks(text, operated);
    site.spaced = site.value > operated;
    return site;
  }
  if (after < text.size() && text[after] == ',' && site.quoted_name) {
    site.op = key_operator::comma;
    site.value = skip_blanks(text, after + 1);
    return site;
  }
  if (at < text.size() && text[at] == '>' && !closed && site.begin > 0
      && (text[site.begin - 1] == '<' || text[site.begin - 1] == ':')) {
    site.op = key_operator::element;
    site.value = skip(text, at + 1, glyph::space);
    return site;
  }
  if (starts_at(text, after, "is ") || starts_at(text, after, "was ")) {
    const auto value = skip_blanks(text, after + 3);
    if (value < text.size() && is(text[value], glyph::quote)) {
      site.op = key_operator::assign;
      site.value = value;
      return site;
    }
  }
  // An option's value may follow a line's end in visual layouts; words do not.
  if (after > at && after < text.size()) {
    site.op = key_operator::blank;
    site.value = after;
    return site;
  }
  if (site.end > word_end
      && (text[word_end] == '-' || text[word_end] == '_'
          || text[word_end] == '.')) {
    site.op = key_operator::joined;
    site.value = word_end + 1;
    site.end = word_end;
  }
  return site;
}

namespace {

constexpr std::string_view about_after[] = {
    "type",       "name",     "names",     "url",      "uri",      "path",
    "file",       "count",    "counts",    "length",   "len",      "size",
    "limit",      "limits",   "max",       "min",      "expires",  "expiry",
    "expiration", "expired",  "ttl",       "field",    "policy",   "ref",
    "version",    "format",   "algorithm", "alg",      "usage",    "used",
    "index",      "endpoint", "changed",   "created",  "updated",  "date",
    "time",       "timeout",  "status",    "error",    "reset",    "required",
    "enabled",    "valid",    "invalid",   "hint",     "prompt",   "label",
    "manager",    "store",    "provider",  "rotation", "budget",   "window",
    "review",     "service",  "server",    "method",   "mode",     "strategy",
    "scope",      "scopes",   "arn",       "exists",   "missing",  "not",
    "kind",       "rate",     "per",       "cost",     "s",        "handler",
    "factory",    "source",   "env",       "var",      "variable", "board",
    "pair",       "pairs",    "ring",      "info",     "checks",   "check",
    "through",    "class",    "change",    "rotate",   "reuse",    "entry",
    "fail",       "failure",  "failed",    "failures", "attempts", "tracker",
};

constexpr std::string_view about_before[] = {
    "max",         "min",      "num",         "total",      "input",
    "output",      "prompt",   "completion",  "cached",     "unexpected",
    "next",        "page",     "row",         "map",        "hot",
    "short",       "sort",     "cache",       "partition",  "object",
    "dict",        "json",     "config",      "duplicate",  "reasoning",
    "remaining",   "is",       "has",         "no",         "budget",
    "idempotency", "registry", "translation", "shortcut",   "arrow",
    "group",       "unique",   "index",       "constraint", "trace",
    "request",     "routing",
};

constexpr std::string_view harmless[] = {
    "public", "pub",      "primary", "foreign",   "csrf",
    "xsrf",   "keyword",  "monkey",  "tokenizer", "author",
    "passed", "host_key", "hostkey", "publickey",
};

/// The next part of a name in lower case; `at` moves behind it.
std::string_view next_part(std::string_view name, std::size_t& at) {
  while (at < name.size() && !is(name[at], glyph::alnum))
    ++at;
  const auto begin = at;
  while (at < name.size() && is(name[at], glyph::alnum)) {
    if (at > begin && is(name[at], glyph::upper)
        && is(name[at - 1], glyph::lower))
      break;
    ++at;
  }
  return name.substr(begin, at - begin);
}

constexpr word_list words_before{about_before};
constexpr word_list words_after{about_after};
constexpr word_list harmless_words{harmless};

} // namespace

bool is_about(std::string_view name, std::size_t word_begin,
              std::size_t word_end) noexcept {
  for (std::size_t at = 0; at < word_begin;) {
    const auto part = next_part(name.substr(0, word_begin), at);
    if (words_before.has(part))
      return true;
  }
  for (auto at = word_end; at < name.size();) {
    const auto part = next_part(name, at);
    if (words_after.has(part))
      return true;
  }
  return false;
}

bool is_harmless(std::string_view name) noexcept {
  for (std::size_t at = 0; at < name.size();) {
    const auto part = next_part(name, at);
    if (harmless_words.has(part))
      return true;
  }
  return false;
}

} // namespace telltale::redact
