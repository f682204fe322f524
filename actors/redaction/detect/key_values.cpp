#include "actors/redaction/detect/key_values.hpp"

#include <algorithm>

#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t longest_quoted = 8192;
constexpr std::size_t longest_bare = 4096;

constexpr std::string_view entities[] = {"&quot;", "&#34;", "&#39;", "&apos;"};

/// The quote that is spelled as an entity here; empty if none is.
std::string_view entity_at(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '&')
    for (const auto entity : entities)
      if (starts_at(text, at, entity))
        return entity;
  return {};
}

/// The quote that opens at `at`: its length with escapes and repeats.
std::size_t opening_quote(std::string_view text, std::size_t at,
                          std::size_t& escapes) {
  auto i = at;
  while (i < text.size() && text[i] == '\\' && i - at < 4)
    ++i;
  escapes = i - at;
  if (i < text.size() && is(text[i], glyph::quote))
    return i + 1 - at;
  escapes = 0;
  return entity_at(text, at).size();
}

value_span read_quoted(search& s, std::size_t at, std::size_t n,
                       std::size_t escapes) {
  const auto text = s.text;
  value_span out;
  out.quoted = true;
  out.begin = at + n;
  const auto limit = std::min(text.size(), out.begin + longest_quoted);
  if (text[at] == '&') {
    out.end = s.find_literal(out.begin, limit, entity_at(text, at));
    out.closed = out.end != limit;
    if (!out.closed)
      out.end = out.begin;
  } else {
    const char quote = text[at + n - 1];
    // """ and '"
    while (out.begin < text.size() && is(text[out.begin], glyph::quote)
           && out.begin - at < 4 && out.begin + 1 < text.size()
           && text[out.begin + 1] != ','
           && !is(text[out.begin + 1], glyph::space))
      ++out.begin;
    auto i = out.begin;
    if (s.quoted.quote == quote && s.quoted.escapes == escapes
        && i >= s.quoted.begin && i + 5 <= s.quoted.end)
      i = s.quoted.end - 5; // nothing closes before; escapes reach no farther
    else
      s.quoted = {i, i, quote, escapes};
    for (;;) {
      i = s.find_char(i, limit, quote);
      if (i >= limit)
        break;
      std::size_t before = 0;
      while (before < 5 && i - before > out.begin
             && text[i - before - 1] == '\\')
        ++before;
      // Closed by a quote that is escaped as the opening one was, or less.
      if (before <= escapes || before % 2 == 0)
        break;
      s.spend(before);
      ++i;
    }
    s.quoted.end = std::max(s.quoted.end, i);
    out.closed = i < limit;
    out.end = i;
    if (out.closed)
      while (out.end > out.begin && text[out.end - 1] == '\\'
             && i - out.end < escapes)
        --out.end;
  }
  if (!out.closed) {
    // To the end of the line, or of what was looked at.
    out.end = s.find_char(out.begin, limit, '\n');
  }
  while (out.end > out.begin && is(text[out.end - 1], glyph::quote))
    --out.end;
  return out;
}

/// Does the value end at this character, though no blank is here?
bool ends_bare(std::string_view text, std::size_t at, bool parameter) {
  const char c = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\n';
  if (is(c, glyph::quote))
    return true;
  if (parameter && (c == '#' || c == ')' || c == ']' || c == '<' || c == '>'))
    return true;
  switch (c) {
  case ',':
  case ';':
    return is(next, glyph::alnum | glyph::space | glyph::quote | glyph::high)
           || next == '-' || next == '{' || next == '[' || next == '\\';
  case '&':
    return is(next, glyph::letter) || next == '#' || parameter;
  case '<':
    return next == '/' || is(next, glyph::letter);
  case '\\':
    return next == 'n' || next == 'r' || next == 't' || next == '"'
           || next == '\\';
  default:
    return false;
  }
}

int bracket(char c) {
  if (c == '(' || c == '{' || c == '[')
    return 1;
  return c == ')' || c == '}' || c == ']' ? -1 : 0;
}

value_span read_bare(search& s, std::size_t at, bool parameter) {
  const auto text = s.text;
  const auto limit = std::min(text.size(), at + longest_bare);
  auto& known = s.bare;
  if (known.parameter != parameter || at < known.begin || at > known.end) {
    known = {at, at, 0, false, parameter};
  } else {
    s.spend(at - known.begin);
    for (; known.begin < at; ++known.begin)
      known.depth -= bracket(text[known.begin]);
  }
  const auto from = known.end;
  for (; !known.ended && known.end < limit; ++known.end) {
    const char c = text[known.end];
    if (is(c, glyph::alnum))
      continue; // most are, and none ends a value
    known.ended = is(c, glyph::space) || static_cast<unsigned char>(c) < 0x20
                  || ends_bare(text, known.end, parameter);
    if (known.ended)
      break;
    known.depth += bracket(c);
  }
  s.spend(known.end - from);
  value_span out{at, known.end, false, true};
  auto depth = known.depth;
  // Closers that were opened before the value belong to the text around it.
  while (out.end > out.begin && depth < 0
         && (text[out.end - 1] == ')' || text[out.end - 1] == '}'
             || text[out.end - 1] == ']')) {
    --out.end;
    ++depth;
  }
  while (out.end > out.begin
         && (text[out.end - 1] == ',' || text[out.end - 1] == ';'
             || text[out.end - 1] == '.' || text[out.end - 1] == ':'))
    --out.end;
  return out;
}

} // namespace

value_span read_value(search& s, const key_site& site) {
  const auto text = s.text;
  auto from = site.value;
  // b"…", r'…', @"…"
  if (from + 1 < text.size() && is(text[from + 1], glyph::quote)
      && (is(text[from], glyph::letter) || text[from] == '@'))
    ++from;
  std::size_t escapes = 0;
  const auto quote = opening_quote(text, from, escapes);
  return quote != 0 && !site.parameter ? read_quoted(s, from, quote, escapes)
                                       : read_bare(s, from, site.parameter);
}

} // namespace telltale::redact
