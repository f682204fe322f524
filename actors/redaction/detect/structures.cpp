#include <algorithm>
#include <array>

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/text/characters.hpp"

// Secrets that are known by their structure alone.

namespace telltale::redact {

namespace {

/// Does `upper`, a text in upper case, stand at `at`, in any case?
bool stands(std::string_view text, std::size_t at, std::string_view lower) {
  return equals_lowered(text.substr(at, lower.size()), lower);
}

constexpr std::string_view key_begins = "-----BEGIN";
constexpr std::string_view key_ends = "-----END";

/// Notes a certificate or public key that begins at `at`.
void note_public(search& s, std::size_t at) {
  constexpr std::size_t longest = 65'536;
  if (s.seen.no_key_end)
    return;
  // No further than to the next beginning, so that many of them stay cheap.
  const auto stop = s.find_literal(at + 10, at + longest, key_begins);
  const auto end = s.find_literal(at, stop, key_ends);
  if (end == stop)
    s.seen.no_key_end = stop == s.text.size();
  else
    s.add_harmless(at, end);
}

/// The end of `-----BEGIN … PRIVATE KEY…-----`, 0 if it is not about one.
std::size_t key_line_end(std::string_view text, std::size_t at) {
  const auto label = text.substr(at, 96);
  const auto dashes = label.find("-----", 8);
  if (dashes == std::string_view::npos)
    return 0;
  const auto name = label.substr(0, dashes);
  if (name.find("PRIVATE KEY") == std::string_view::npos
      && name.find("private key") == std::string_view::npos)
    return 0;
  return at + dashes + 5;
}

constexpr std::size_t full_line = 36;   ///< least of a line that is surely key
constexpr std::size_t part_line = 16;   ///< least right after such a line
constexpr std::size_t widest_gap = 120; ///< log prefixes, quotes, headers

bool looks_base64(std::string_view run) {
  const auto m = study(run.substr(0, 80));
  return m.digits + m.uppers != 0 && m.lowers + m.digits != 0
         && (m.switches >= run.size() / 12 || m.digits >= 4);
}

/// Follows base64 lines from `from` on; the end of the last one.
std::size_t follow_key(search& s, std::size_t from, std::size_t limit) {
  const auto text = s.text;
  auto end = from;
  auto at = from;
  bool after_full = false;
  while (at < limit) {
    if (!is(text[at], glyph::base64)) {
      if (at - end > widest_gap)
        break;
      ++at;
      continue;
    }
    auto stop = skip(text, at, glyph::base64);
    const auto n = stop - at;
    if ((n >= full_line || (after_full && n >= part_line))
        && looks_base64(text.substr(at, n))) {
      end = stop;
      after_full = true;
    } else if (after_full && n >= 2 && at - end <= 4 && text[stop - 1] == '=') {
      end = stop; // the padding of the last line
    } else if (stop - end > widest_gap) {
      break;
    }
    at = stop;
  }
  s.spend(at - from);
  return end;
}

/// The same backwards: where the lines that end at `to` begin.
std::size_t follow_key_back(search& s, std::size_t to, std::size_t limit) {
  const auto text = s.text;
  auto begin = to;
  auto at = to;
  while (at > limit && begin - at <= widest_gap) {
    if (!is(text[at - 1], glyph::base64)) {
      --at;
      continue;
    }
    const auto stop = at;
    at = skip_back(text, at, glyph::base64, text.size());
    if (stop - at >= full_line && looks_base64(text.substr(at, stop - at)))
      begin = at;
    else if (begin - at > widest_gap)
      break;
  }
  s.spend(to - at);
  return begin;
}

} // namespace

void confirm_private_key(search& s, std::size_t at) {
  if (at < s.seen.private_key)
    return;
  const auto text = s.text;
  if (stands(text, at, "putty-user-key-file")) {
    const auto limit = std::min(text.size(), at + 8192);
    const auto lines = s.find_literal(at, limit, "Private-Lines:");
    if (lines == limit)
      return;
    const auto from = skip(text, lines + 14, glyph::digit | glyph::blank);
    auto to = follow_key(s, from, text.size());
    if (const auto mac = text.substr(to, 64).find("Private-MAC:");
        mac != std::string_view::npos)
      to = skip(text, to + mac + 12, glyph::alnum | glyph::blank);
    const auto first = skip(text, from, glyph::space);
    if (to > first)
      s.add(first, to, secret_class::private_key);
    s.seen.private_key = to;
    return;
  }
  const auto body = key_line_end(text, at);
  if (body == 0) {
    if (stands(text, at, "-----begin"))
      note_public(s, at);
    return;
  }
  if (stands(text, at, "-----end")) {
    // The beginning was cut away.
    const auto from = follow_key_back(s, at, s.seen.private_key);
    if (from < at)
      s.add(from, body, secret_class::private_key);
    s.seen.private_key = body;
    return;
  }
  std::size_t end = std::string_view::npos;
  if (!s.seen.no_key_end) {
    end = s.find_literal(body, text.size(), key_ends);
    s.seen.no_key_end = end == text.size();
  }
  const auto until = std::min(end, text.size());
  const auto next = s.find_literal(body, until, key_begins);
  if (until != text.size() && next == until && end - body <= 65'536) {
    const auto stop = key_line_end(text, end);
    // Two markers in a sentence are no key.
    bool key = false;
    for (auto i = body; i < end && !key;) {
      const auto run = skip(text, i, glyph::base64);
      key = run - i >= part_line && looks_base64(text.substr(i, run - i));
      s.spend(run - i);
      i = run + 1;
    }
    s.seen.private_key = stop == 0 ? end : stop;
    if (key)
      s.add(at, s.seen.private_key, secret_class::private_key);
    return;
  }
  const auto to = follow_key(s, body, next);
  if (to > body)
    s.add(at, to, secret_class::private_key);
  s.seen.private_key = to;
}

void confirm_jwt(search& s, std::size_t at) {
  const auto text = s.text;
  if (at < s.seen.jwt || text.substr(at, 3) != "eyJ" || !begins_word(text, at))
    return;
  auto end = s.run_end(at, glyph::url_safe);
  const auto first = end - at;
  std::size_t segments = 1;
  std::size_t shortest = first;
  while (end + 1 < text.size() && text[end] == '.'
         && is(text[end + 1], glyph::url_safe)) {
    const auto next = s.run_end(end + 1, glyph::url_safe);
    shortest = std::min(shortest, next - end - 1);
    end = next;
    ++segments;
  }
  s.seen.jwt = end;
  while (end < text.size() && text[end] == '=')
    ++end;
  if (segments >= 2 && first >= 10 && (shortest >= 8 || segments >= 3))
    s.add(at, end, secret_class::jwt);
  else if (segments == 1 && first >= 100)
    s.add(at, end, secret_class::jwt);
}

void confirm_password_hash(search& s, std::size_t at, std::size_t end) {
  const auto text = s.text;
  if (at > 0 && is(text[at - 1], glyph::word))
    return;
  constexpr auto set = glyph::base64 | glyph::dot | glyph::url_safe;
  constexpr std::size_t longest = 1024;
  const auto limit = std::min(text.size(), at + longest);
  auto& to = s.seen.hash; // where the last one that was looked at ended
  const auto from = to = std::max(to, end);
  while (to < limit
         && (is(text[to], set) || text[to] == '$' || text[to] == ','
             || text[to] == '*'))
    ++to;
  s.spend(to - from);
  const auto stop = std::min(to, limit);
  const bool named = text[at] != '$' || end - at > 4; // {SSHA}, $argon2
  if (stop >= end + 20 && s.find_word(end, stop, 8) != stop
      && (named || text[at + 1] == '2' || s.find_char(end, stop, '$') != stop))
    s.add(at, stop, secret_class::password_hash);
}

void confirm_webhook(search& s, std::size_t at, std::size_t end) {
  const auto text = s.text;
  const auto literal = text.substr(at, end - at);
  constexpr auto set = glyph::url_safe | glyph::plus_slash | glyph::dot;
  auto to = s.run_end(end, set);
  // Office puts an at sign between two ids.
  if (to < text.size() && text[to] == '@')
    to = s.run_end(to + 1, set);
  while (to > end && (text[to - 1] == '.' || text[to - 1] == '/'))
    --to;
  const auto n = to - end;
  if (n < 16 || n > 2048)
    return;
  const auto m = study(text.substr(end, std::min<std::size_t>(n, 256)));
  const bool hook = equals_lowered(literal, "/bot/v2/hook/")
                    || equals_lowered(literal, "hooks.slack.com/services/")
                    || equals_lowered(literal, "hooks.slack.com/workflows/")
                    || equals_lowered(literal, "hooks.slack.com/triggers/")
                    || equals_lowered(literal, "/hooks/catch/");
  s.spend(m.digits + 64);
  // Slack's `services/` goes too: the host is what stays.
  const auto slash = literal.find("slack.com/");
  const auto from = slash == std::string_view::npos ? end : at + slash + 10;
  if (m.digits != 0 && (hook || (m.longest >= 16 && m.digits >= 3)))
    s.add(from, to, secret_class::chat_webhook);
}

} // namespace telltale::redact
