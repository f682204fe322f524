#include "actors/redaction/detect/values.hpp"

#include <algorithm>

#include "actors/redaction/scan/word_list.hpp"
#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::string_view nothings[] = {
    "null",     "nil",      "none",      "true",    "false",     "undefined",
    "yes",      "no",       "on",        "off",     "empty",     "redacted",
    "masked",   "hidden",   "filtered",  "secret",  "password",  "passwd",
    "token",    "string",   "str",       "bool",    "int",       "number",
    "object",   "bytes",    "text",      "nan",     "unset",     "unknown",
    "default",  "changeme", "bearer",    "basic",   "username",  "n/a",
    "optional", "required", "void",      "auto",    "const",     "self",
    "disabled", "enabled",  "encrypted", "removed", "sensitive", "omitted",
};

constexpr std::string_view prose[] = {
    "is",
    "was",
    "has",
    "are",
    "not",
    "and",
    "or",
    "for",
    "the",
    "a",
    "an",
    "in",
    "of",
    "to",
    "with",
    "from",
    "must",
    "should",
    "expired",
    "invalid",
    "incorrect",
    "missing",
    "required",
    "expected",
    "unexpected",
    "failed",
    "failure",
    "wrong",
    "error",
    "denied",
    "rejected",
    "mismatch",
    "mismatched",
    "authentication",
    "authorization",
    "unauthorized",
    "forbidden",
    "found",
    "unable",
    "could",
    "cannot",
    "can",
    "bad",
    "no",
    "does",
    "did",
    "contains",
    "permission",
    "access",
    "please",
    "check",
    "see",
    "set",
    "using",
    "valid",
    "ok",
    "received",
    "identifier",
    "eof",
    "illegal",
    "end",
    "unknown",
    "malformed",
    "too",
    "login",
    "credentials",
    "account",
    "user",
    "revoked",
    "empty",
    "insufficient",
    "request",
    "connection",
    "timeout",
    "success",
    "successful",
    "refused",
};

constexpr word_list nothing{nothings};
constexpr word_list prose_words{prose};

bool all_same(std::string_view value) {
  return value.find_first_not_of(value.front()) == std::string_view::npos;
}

} // namespace

bool is_stand_in(std::string_view v) noexcept {
  if (v.empty())
    return true;
  if (nothing.has(v))
    return true;
  const char first = v.front();
  const char last = v.back();
  if (v.size() >= 2) {
    if (first == '$' && (v[1] == '{' || v[1] == '(' || v[1] == '['))
      return true;
    if (first == '$' && skip(v, 1, glyph::word | glyph::dot) == v.size()
        && !is(v[1], glyph::digit))
      return true;
    if ((first == '<' && last == '>') || (first == '{' && last == '}'))
      return true;
    if (first == '%'
        && (last == '%' || v[1] == 's' || v[1] == '(' || v[1] == 'v'
            || v[1] == '{' || v[1] == 'd' || v[1] == 'q'))
      return true;
    // A colour.
    if (first == '#' && v.size() <= 9 && skip(v, 1, glyph::hex) == v.size())
      return true;
    if (v.substr(0, 2) == "{{" || v.substr(0, 2) == "<%" || first == '#')
      return v.substr(0, 2) == "{{" ? v.find("}}") + 2 == v.size()
                                    : v[1] == '{' || first == '<';
    if (all_same(v)
        && (v.size() < 6 || !is(first, glyph::alnum) || first == 'x'
            || first == 'X'))
      return true;
  }
  // Masked already, wholly or but for the last few characters.
  if (v.find('*') != std::string_view::npos) {
    const auto stars = std::count(v.begin(), v.end(), '*');
    if (stars >= 3 && static_cast<std::size_t>(stars) * 2 >= v.size())
      return true;
  }
  return v.size() < 16 && v.find("...") != std::string_view::npos;
}

bool is_reference(std::string_view v) noexcept {
  if (v.size() < 2)
    return false;
  if (v.front() == '/' || v.substr(0, 2) == "./" || v.substr(0, 2) == "~/"
      || v.substr(0, 3) == "../")
    return v.find('/', 1) != std::string_view::npos
           && !is_random(v.substr(v.rfind('/') + 1), 20);
  if (v.find("://") != std::string_view::npos)
    return true;
  if (v.size() > 3 && is(v[0], glyph::letter) && v[1] == ':'
      && (v[2] == '\\' || v[2] == '/'))
    return true;
  // name(…), a.b.c, a::b, a[b], a->b
  const auto word = skip(v, 0, glyph::word);
  if (word > 0 && word < v.size()
      && is(v[0], glyph::letter | glyph::underscore)) {
    const char next = v[word];
    if (next == '(' || next == '[')
      return true;
    if (v.substr(word, 2) == "::" || v.substr(word, 2) == "->")
      return true;
    if (next == '.' && word + 1 < v.size() && is(v[word + 1], glyph::letter)
        && study(v).digits == 0)
      return skip(v, 0, glyph::word | glyph::dot) == v.size()
             || v.find('(') != std::string_view::npos;
  }
  return false;
}

bool is_call(std::string_view v) noexcept {
  std::size_t at = 0;
  while (at < v.size() && at < 3
         && (v[at] == '(' || v[at] == '$' || v[at] == '&' || v[at] == '*'
             || v[at] == '!'))
    ++at;
  const auto begin = at;
  while (at < v.size()
         && (is(v[at], glyph::word | glyph::dot) || v[at] == ':' || v[at] == '['
             || v[at] == ']' || v[at] == '$'
             || (v[at] == '-' && at + 1 < v.size() && v[at + 1] == '>')
             || (v[at] == '>' && at > 0 && v[at - 1] == '-')))
    ++at;
  if (begin == v.size() || !is(v[begin], glyph::letter | glyph::underscore))
    return false;
  if (at < v.size() && v[at] == '(' && at > begin)
    return true;
  // $object->member; (object.member
  return begin > 0 && at > begin
         && (v.substr(0, at).find("->") != std::string_view::npos
             || v.substr(0, at).find('.') != std::string_view::npos)
         && study(v.substr(0, at)).digits == 0;
}

bool is_uuid_shaped(std::string_view v) noexcept {
  if (v.size() != 36)
    return false;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? v[i] != '-' : !is(v[i], glyph::alnum))
      return false;
  }
  return true;
}

bool is_random(std::string_view v, std::size_t least) noexcept {
  return v.size() >= least && is_random(v, least, study(v.substr(0, 256)));
}

bool is_random(std::string_view v, std::size_t least,
               const makeup& m) noexcept {
  if (v.size() < least)
    return false;
  if (is_uuid_shaped(v))
    return true;
  const auto size = std::min<std::size_t>(v.size(), 256);
  if (m.digits == 0) {
    // Letters alone: case must change as it does in no word.
    return size >= 20 && m.lowers != 0 && m.uppers != 0 && m.longest >= 16
           && m.switches * 2 >= size;
  }
  if (m.longest < 8)
    return size >= 20 && m.switches * 3 >= size;
  if (m.digits + m.lowers + m.uppers < size * 3 / 4)
    return m.digits >= 2 && m.switches >= 4;
  return (m.hex >= size - m.others && size >= 16 && m.lowers + m.uppers != 0)
         || (m.switches >= 3 && m.digits >= 2)
         || (m.digits >= 3 && m.longest >= 16);
}

bool is_printed_object(std::string_view v) noexcept {
  if (v.size() > 2 && v.size() <= 18 && v[0] == '0' && lowered(v[1]) == 'x')
    return skip(v, 2, glyph::hex) == v.size();
  if (v.size() >= 38 && v[0] == '{' && v[37] == '}')
    return is_uuid_shaped(v.substr(1, 36));
  const auto name = skip(v, 0, glyph::word | glyph::dot);
  if (name < 4 || name == v.size() || !is(v[0], glyph::letter))
    return false;
  const auto word = v.substr(0, name);
  const auto m = study(word);
  const auto dots = std::count(word.begin(), word.end(), '.');
  const bool type = m.digits == 0 && m.uppers >= 1 && m.lowers >= 3;
  const auto rest = v.substr(name + 1);
  switch (v[name]) {
  case '@': // java.lang.Object@1f2e, Server@325
    return type && !rest.empty() && rest.size() <= 16
           && (dots != 0 || m.uppers >= 2)
           && skip(rest, 0, glyph::hex) == rest.size();
  case '{': // Token{a64f992
    return type && word.front() < 'a';
  case '/': // com.example.activity/4505
    return m.digits == 0 && dots >= 2 && rest.size() <= 12
           && skip(rest, 0, glyph::digit) == rest.size();
  default:
    return false;
  }
}

bool is_prose_word(std::string_view v) noexcept {
  while (!v.empty() && (v.back() == '.' || v.back() == ',' || v.back() == '!'))
    v.remove_suffix(1);
  return prose_words.has(v);
}

} // namespace telltale::redact
