#include <algorithm>

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/detect/values.hpp"
#include "actors/redaction/text/characters.hpp"

// Credentials in addresses, headers and command lines.

namespace telltale::redact {

namespace {

bool stands(std::string_view text, std::size_t at, std::string_view lower) {
  return equals_lowered(text.substr(at, lower.size()), lower);
}

/// Ends the part of an address that may name a user.
bool ends_authority(char c) {
  switch (c) {
  case '/':
  case '?':
  case '#':
  case '"':
  case '\'':
  case '`':
  case '<':
  case '>':
  case '\\':
    return true;
  default:
    return static_cast<unsigned char>(c) <= 0x20;
  }
}

/// Schemes of HTTP authentication whose credential is one token.
constexpr std::string_view single_schemes[] = {
    "basic",   "bearer", "token",  "ntlm", "negotiate", "apikey",
    "api-key", "ssws",   "dpop",   "key",  "geniekey",  "splunk",
    "bot",     "jwt",    "access", "pat",  "client-id", "oauth2",
};

/// Schemes whose credential is a list up to the end of the line.
constexpr std::string_view list_schemes[] = {
    "digest",
    "hawk",
    "oauth",
    "signature",
    "mac",
    "aws4-hmac-sha256",
    "aws4-ecdsa-p256-sha256",
    "aws",
    "scram-sha-256",
    "vapid",
    "sharedkey",
    "sharedkeylite",
    "sharedaccesssignature",
    "tc3-hmac-sha256",
};

template <std::size_t N>
bool among(std::string_view word, const std::string_view (&list)[N]) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](auto one) { return equals_lowered(word, one); });
}

std::size_t token_end(search& s, std::size_t at) {
  const auto text = s.text;
  auto end = at;
  const auto limit = std::min(text.size(), at + 8192);
  while (end < limit
         && !is(text[end], glyph::space | glyph::quote | glyph::control)
         && text[end] != ',' && text[end] != '<' && text[end] != '>'
         && text[end] != ')' && text[end] != '\\' && text[end] != ';'
         && text[end] != '}' && text[end] != '&')
    ++end;
  s.spend(end - at);
  while (end > at && text[end - 1] == '.')
    --end;
  return end;
}

bool is_credential(std::string_view value, bool last) {
  if (value.size() < 3 || is_stand_in(value) || is_prose_word(value))
    return false;
  if (is_random(value, 8) || value.size() >= 24)
    return true;
  const auto m = study(value);
  return (m.digits != 0 || value.back() == '=')
             ? value.size() >= 6
             : last && value.size() >= 8 && m.uppers + m.others != 0;
}

} // namespace

void confirm_url(search& s, std::size_t at, std::size_t end) {
  const auto text = s.text;
  if (at == 0 || !is(text[at - 1], glyph::alnum))
    return;
  const auto limit = std::min(text.size(), end + 2048);
  auto stop = end;
  auto last_at = std::string_view::npos;
  auto colon = std::string_view::npos;
  while (stop < limit && !ends_authority(text[stop])) {
    if (text[stop] == '@')
      last_at = stop;
    else if (text[stop] == ':' && colon == std::string_view::npos)
      colon = stop;
    else if (static_cast<unsigned char>(text[stop]) >= 0x80)
      break;
    ++stop;
  }
  s.spend(stop - end);
  // A slash or hash in a password: the address ends at a blank, and what is
  // before its last @ is no path.
  if (last_at == std::string_view::npos && colon != std::string_view::npos
      && stop < limit && (text[stop] == '/' || text[stop] == '#')
      && (colon + 1 == stop || !is(text[colon + 1], glyph::digit))) {
    // Many of them may look over the same stretch, each a little farther.
    auto& i = s.seen.url_looked;
    if (i < stop) {
      i = stop;
      s.seen.url_at = 0;
    }
    const auto from = i;
    while (i < limit && i - end < 160
           && !is(text[i], glyph::space | glyph::quote) && text[i] != '<'
           && text[i] != '>' && text[i] != '?') {
      ++i;
      if (text[i - 1] == '@')
        s.seen.url_at = i;
    }
    s.spend(i - from);
    if (s.seen.url_at > stop)
      last_at = s.seen.url_at - 1;
  }
  if (last_at == std::string_view::npos || last_at == end)
    return;
  const auto user = text.substr(end, last_at - end);
  if (colon != std::string_view::npos && colon < last_at) {
    const auto password = text.substr(colon + 1, last_at - colon - 1);
    if (!is_stand_in(password) || equals_lowered(password, "password")
        || equals_lowered(password, "secret")
        || equals_lowered(password, "changeme"))
      s.add(end, last_at, secret_class::url_userinfo);
    else if (password.empty() && is_random(user.substr(0, user.size() - 1), 16))
      s.add(end, last_at, secret_class::url_userinfo);
    return;
  }
  if (is_random(user, 16) && !is_stand_in(user))
    s.add(end, last_at, secret_class::url_userinfo);
}

void confirm_header(search& s, std::size_t at, std::size_t end) {
  if (at < s.seen.header)
    return;
  const auto text = s.text;
  std::size_t value = 0;
  const bool named = stands(text, at, "authorization");
  if (named) {
    auto i = end;
    while (i < text.size() && i - end < 6
           && (is(text[i], glyph::quote) || text[i] == '\\' || text[i] == ']'))
      ++i;
    i = skip(text, i, glyph::blank);
    const auto op = i;
    while (i < text.size() && i - op < 3
           && (text[i] == ':' || text[i] == '=' || text[i] == ','
               || text[i] == '>'))
      ++i;
    if (i == op)
      return;
    i = skip(text, i, glyph::blank);
    const auto open = i;
    while (i < text.size() && i - open < 6
           && (is(text[i], glyph::quote) || text[i] == '\\' || text[i] == '['
               || (text[i] == 'f' && i == open && i + 1 < text.size()
                   && is(text[i + 1], glyph::quote))))
      ++i;
    value = i;
  } else { // `Bearer ` anywhere
    if (!begins_word(text, at))
      return;
    value = at;
  }
  const auto word =
      skip(text, value, glyph::alnum | glyph::dash | glyph::underscore);
  const auto scheme = text.substr(value, word - value);
  auto credential = value;
  bool list = false;
  bool known = false;
  if (word < text.size()
      && (is(text[word], glyph::blank) || text.substr(word, 3) == "%20")) {
    list = among(scheme, list_schemes);
    known = list || among(scheme, single_schemes);
    if (known)
      credential =
          text[word] == '%' ? word + 3 : skip(text, word, glyph::blank);
  }
  if (credential >= text.size())
    return;
  s.seen.header = credential;
  if (list) {
    // Up to the end of the line, or the quote around the whole header.
    const char around =
        value > 0 && is(text[value - 1], glyph::quote) ? text[value - 1]
        : at > 0 && is(text[at - 1], glyph::quote)     ? text[at - 1]
                                                       : '\n';
    const auto line = s.find_char(credential, credential + 8192, '\n');
    auto stop = around == '\n' ? line : s.find_char(credential, line, around);
    while (stop > credential && is(text[stop - 1], glyph::space))
      --stop;
    if (text.substr(credential, stop - credential).find('=')
        == std::string_view::npos)
      return;
    s.add(credential, stop, secret_class::auth_header);
    s.seen.header = stop;
    return;
  }
  const auto stop = token_end(s, credential);
  const auto token = text.substr(credential, stop - credential);
  const auto after = skip(text, stop, glyph::blank);
  const bool last = after >= text.size()
                    || is(text[after], glyph::line_end | glyph::quote)
                    || text[after] == '\\';
  if (named && known ? is_credential(token, last) : is_random(token, 12)) {
    s.add(credential, stop, secret_class::auth_header);
    s.seen.header = stop;
  }
}

void confirm_cookie(search& s, std::size_t at, std::size_t end) {
  const auto text = s.text;
  if (at < s.seen.cookie || !begins_word(text, at))
    return;
  auto i = end;
  while (i < text.size() && i - end < 4
         && (is(text[i], glyph::quote) || text[i] == '\\'))
    ++i;
  i = skip(text, i, glyph::blank);
  if (i >= text.size() || (text[i] != ':' && text[i] != '='))
    return;
  i = skip(text, i + 1, glyph::blank);
  while (i < text.size() && (is(text[i], glyph::quote) || text[i] == '\\'))
    ++i;
  const auto limit = std::min(text.size(), i + 8192);
  while (i < limit) {
    i = skip(text, i, glyph::blank);
    const auto name = i;
    i = skip(text.substr(0, limit), i, glyph::url_safe | glyph::dot);
    if (i == name || i >= limit || text[i] != '=')
      break;
    const auto label = text.substr(name, i - name);
    const auto value = ++i;
    while (i < limit && text[i] != ';'
           && !is(text[i], glyph::space | glyph::quote | glyph::control)
           && text[i] != '\\')
      ++i;
    static constexpr std::string_view attributes[] = {
        "path",     "domain",   "expires", "max-age",
        "samesite", "priority", "version", "comment"};
    const auto v = text.substr(value, i - value);
    if (!among(label, attributes) && v.size() >= 2 && !is_stand_in(v))
      s.add(value, i, secret_class::cookie);
    // An attribute's value may hold blanks: Expires=Wed, 09 Jun …
    while (i < limit && text[i] != ';' && !is(text[i], glyph::line_end)
           && !is(text[i], glyph::quote))
      ++i;
    while (i < limit && text[i] == ';') {
      i = skip(text, i + 1, glyph::blank);
      const auto flag = skip(text, i, glyph::letter);
      if (flag < limit && text[flag] == ';')
        i = flag; // Secure; HttpOnly;
    }
  }
  s.spend(i - end);
  s.seen.cookie = i;
}

void confirm_command_line(search& s, std::size_t at, std::size_t end) {
  const auto text = s.text;
  auto i = skip(text, end, glyph::blank);
  if (i >= text.size())
    return;
  if (stands(text, at, "identified by") || stands(text, at, "securestring")) {
    while (i < text.size() && i - end < 8
           && (is(text[i], glyph::quote | glyph::blank) || text[i] == '\\'))
      ++i;
    if (stands(text, i, "password "))
      i += 9;
    auto stop = i;
    while (stop < text.size() && stop - i < 256
           && !is(text[stop], glyph::space | glyph::quote) && text[stop] != ';'
           && text[stop] != '\\' && text[stop] != ')')
      ++stop;
    s.spend(stop - i);
    const auto value = text.substr(i, stop - i);
    if (value.size() >= 6 && !is_stand_in(value) && !is_prose_word(value)
        && (is(text[i - 1], glyph::quote) || study(value).digits != 0))
      s.add(i, stop, secret_class::keyed_secret);
    return;
  }
  // curl -u user:password
  if (at > 0 && !is(text[at - 1], glyph::space | glyph::quote))
    return;
  if (text[i] == '=' || is(text[i], glyph::quote))
    ++i;
  if (i < text.size() && is(text[i], glyph::quote))
    ++i;
  const auto stop_at = std::min(text.size(), i + 512);
  auto colon = std::string_view::npos;
  auto stop = i;
  while (stop < stop_at && !is(text[stop], glyph::space | glyph::quote)) {
    if (text[stop] == ':' && colon == std::string_view::npos)
      colon = stop;
    ++stop;
  }
  s.spend(stop - i);
  if (colon == std::string_view::npos || colon == i)
    return;
  const auto password = text.substr(colon + 1, stop - colon - 1);
  const auto user = text.substr(i, colon - i);
  if (std::all_of(user.begin(), user.end(),
                  [](char c) { return is(c, glyph::digit); }))
    return; // docker's --user 1000:1000
  if (password.empty()) {
    if (is_random(user, 10)
        || (user.size() >= 10 && study(user).others != 0
            && study(user).digits != 0))
      s.add(i, colon, secret_class::auth_header);
    return;
  }
  if (is_stand_in(password) || password.size() < 4 || password.find('/') == 0)
    return;
  s.add(i, stop, secret_class::auth_header);
}

void confirm_home_path(search& s, std::size_t at, std::size_t end) {
  const auto text = s.text;
  const auto literal = text.substr(at, end - at);
  const bool windows = literal.find('\\') != std::string_view::npos;
  if (!windows && literal != "/home/" && literal != "/Users/"
      && literal != "\xc2\xa5Users\xc2\xa5")
    return;
  if (windows && !(at > 0 && is(text[at - 1], glyph::letter)))
    return;
  // `/home/` begins a path, or follows a drive or a mount.
  if (!windows && at > 0
      && is(text[at - 1], glyph::word | glyph::dash | glyph::dot)) {
    const bool drive =
        at >= 2 && text[at - 2] == '/' && is(text[at - 1], glyph::lower);
    const auto path = skip_back(text, at, glyph::url_safe | glyph::dot, 64);
    const bool root =
        path > 0 && text[path - 1] == '/'
        && (path == 1
            || !is(text[path - 2],
                   glyph::word | glyph::dot | glyph::plus_slash | glyph::dash));
    const bool mount =
        root
        && (stands(text, path, "export/") || stands(text, path, "data/")
            || stands(text, path, "var/") || stands(text, path, "usr/")
            || stands(text, path, "mnt/"));
    if (!drive && !mount)
      return;
  }
  auto stop = end;
  while (
      stop < text.size() && stop - end < 64
      && (is(text[stop], glyph::url_safe | glyph::dot | glyph::high)
          || text[stop] == '$' || text[stop] == '~' || text[stop] == '@'
          || (windows && text[stop] == ' ' && stop + 1 < text.size()
              && is(text[stop + 1], glyph::letter)
              && text.substr(stop, 40).find('\\') != std::string_view::npos)))
    ++stop;
  s.spend(stop - end + 8);
  while (stop > end && text[stop - 1] == '.')
    --stop;
  const auto name = text.substr(end, stop - end);
  static constexpr std::string_view shared[] = {
      "shared", "public", "default", "root", "all", "guest", "user"};
  if (name.empty() || among(name, shared) || is_stand_in(name))
    return;
  s.add(end, stop, secret_class::home_path);
}

} // namespace telltale::redact
