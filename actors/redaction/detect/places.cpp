#include <algorithm>
#include <array>
#include <optional>

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/text/characters.hpp"

// What chats need not know: where things run, and whose address it is.

namespace telltale::redact {

namespace {

/// Four numbers of 0 to 255 with dots between them.
std::optional<std::array<unsigned, 4>>
read_ipv4(std::string_view text, std::size_t at, std::size_t& end) {
  std::array<unsigned, 4> parts{};
  end = at;
  for (std::size_t k = 0; k < 4; ++k) {
    if (k != 0) {
      if (end >= text.size() || text[end] != '.')
        return std::nullopt;
      ++end;
    }
    const auto begin = end;
    unsigned value = 0;
    while (end < text.size() && is(text[end], glyph::digit) && end - begin < 3)
      value = value * 10 + static_cast<unsigned>(text[end++] - '0');
    if (end == begin || value > 255)
      return std::nullopt;
    parts[k] = value;
  }
  return parts;
}

bool is_private(const std::array<unsigned, 4>& ip) {
  return ip[0] == 10 || (ip[0] == 172 && ip[1] >= 16 && ip[1] <= 31)
         || (ip[0] == 192 && ip[1] == 168)
         || (ip[0] == 100 && ip[1] >= 64 && ip[1] <= 127)
         || (ip[0] == 169 && ip[1] == 254);
}

void find_ipv4(search& s, std::size_t dot) {
  const auto text = s.text;
  const auto at = skip_back(text, dot, glyph::digit, 4);
  if (at == dot || dot - at > 3)
    return;
  if (at > 0 && (is(text[at - 1], glyph::word | glyph::dot)))
    return;
  std::size_t end = 0;
  const auto ip = read_ipv4(text, at, end);
  if (!ip || !is_private(*ip))
    return;
  // What goes on is a version or a name, save for a net that is none.
  if (end < text.size()
      && (is(text[end], glyph::word)
          || (text[end] == '.' && end + 1 < text.size()
              && is(text[end + 1], glyph::alnum) && (*ip)[0] != 192)))
    return;
  s.add(at, end, secret_class::private_ip);
}

void find_ipv6(search& s, std::size_t colon) {
  const auto text = s.text;
  if (colon < 4)
    return;
  const auto at = colon - 4;
  if (at > 0
      && (is(text[at - 1], glyph::word | glyph::dot) || text[at - 1] == ':'))
    return;
  const auto head = text.substr(at, 4);
  if (skip(head, 0, glyph::hex) != 4 || lowered(head[0]) != 'f')
    return;
  const char second = lowered(head[1]);
  const bool link = second == 'e'
                    && (lowered(head[2]) == '8' || lowered(head[2]) == '9'
                        || lowered(head[2]) == 'a' || lowered(head[2]) == 'b');
  if (!link && second != 'c' && second != 'd')
    return;
  auto end = colon;
  std::size_t colons = 0;
  bool gap = false;
  while (
      end < text.size() && end - at < 45
      && (is(text[end], glyph::hex) || text[end] == ':' || text[end] == '.')) {
    if (text[end] == ':') {
      ++colons;
      gap = gap || (end > 0 && text[end - 1] == ':');
    }
    ++end;
  }
  while (end > colon && text[end - 1] == '.')
    --end;
  if (((gap && colons >= 2 && colons <= 7) || colons == 7) && end - at <= 45)
    s.add(at, end, secret_class::private_ip);
}

constexpr auto host_set =
    glyph::alnum | glyph::dash | glyph::dot | glyph::underscore;

constexpr std::string_view suffixes[] = {".internal", ".local", ".lan", ".corp",
                                         ".svc.cluster.local"};

bool has_suffix(std::string_view host, std::string_view suffix) {
  return host.size() > suffix.size()
         && equals_lowered(host.substr(host.size() - suffix.size()), suffix);
}

void find_host(search& s, std::size_t begin, std::size_t end,
               std::span<const std::string> configured) {
  const auto text = s.text;
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-'))
    --end;
  while (begin < end && text[begin] == '-')
    ++begin;
  const auto host = text.substr(begin, end - begin);
  if (host.empty() || host.front() == '.')
    return; // .env.local
  if (begin > 0 && (text[begin - 1] == '/' || text[begin - 1] == '\\')
      && !(begin > 1 && text[begin - 2] == text[begin - 1]))
    return; // a file in a path, not a host behind ://
  bool internal = false;
  for (const auto suffix : suffixes)
    internal = internal || has_suffix(host, suffix);
  for (const auto& suffix : configured)
    internal = internal || has_suffix(host, suffix);
  if (internal && study(host.substr(0, 1)).others == 0)
    s.add(begin, end, secret_class::internal_host);
}

constexpr std::string_view file_endings[] = {
    "js",  "ts",  "py",   "mjs", "cjs", "jsx", "tsx",     "html",
    "so",  "png", "jpg",  "svg", "gz",  "zip", "json",    "md",
    "go",  "rs",  "java", "rb",  "php", "css", "service", "txt",
    "log", "yml", "yaml", "cpp", "hpp", "sh",  "tgz",     "whl",
};

void find_email(search& s, std::size_t at) {
  const auto text = s.text;
  constexpr auto local_set = glyph::word | glyph::dash | glyph::dot;
  auto begin = at;
  while (begin > 0 && at - begin < 64
         && (is(text[begin - 1], local_set) || text[begin - 1] == '+'
             || text[begin - 1] == '%'))
    --begin;
  while (begin < at && !is(text[begin], glyph::alnum))
    ++begin;
  if (begin == at)
    return;
  auto end = at + 1;
  auto last_dot = std::string_view::npos;
  while (end < text.size() && end - at < 256
         && (is(text[end],
                glyph::alnum | glyph::dash | glyph::dot | glyph::high))) {
    if (text[end] == '.')
      last_dot = end;
    ++end;
  }
  while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) {
    --end;
    if (last_dot == end) {
      const auto dot = text.substr(0, end).rfind('.');
      last_dot = dot == std::string_view::npos || dot <= at
                     ? std::string_view::npos
                     : dot;
    }
  }
  if (last_dot == std::string_view::npos || last_dot >= end
      || !is(text[at + 1], glyph::alnum | glyph::high))
    return;
  const auto top = text.substr(last_dot + 1, end - last_dot - 1);
  const bool idn = top.size() > 4 && equals_lowered(top.substr(0, 4), "xn--");
  if (top.size() < 2
      || (!idn && skip(top, 0, glyph::letter | glyph::high) != top.size()))
    return; // pkg@1.2.3
  for (const auto ending : file_endings)
    if (equals_lowered(top, ending))
      return;
  const auto local = text.substr(begin, at - begin);
  if (equals_lowered(local, "git")
      || (end < text.size() && text[end] == ':' && end + 1 < text.size()
          && is(text[end + 1], glyph::letter)))
    return; // git@host:group/project
  s.add(begin, end, secret_class::email);
}

void find_phone(search& s, std::size_t plus) {
  const auto text = s.text;
  if (plus > 0
      && is(text[plus - 1], glyph::word | glyph::plus_slash | glyph::equals))
    return;
  auto end = plus + 1;
  std::size_t digits = 0;
  std::size_t separators = 0;
  auto last = end;
  if (end >= text.size() || text[end] == '0' || !is(text[end], glyph::digit))
    return;
  while (end < text.size() && end - plus < 24) {
    const char c = text[end];
    if (is(c, glyph::digit)) {
      ++digits;
      last = end + 1;
    } else if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.')
      ++separators;
    else
      break;
    ++end;
  }
  if (digits >= 10 && digits <= 15 && separators <= 6
      && (last >= text.size() || !is(text[last], glyph::word)))
    s.add(plus, last, secret_class::phone);
}

} // namespace

void find_places(search& s, std::span<const std::string> internal_suffixes) {
  const auto text = s.text;
  std::size_t run = 0; // where the run of host characters began
  bool in_run = false;
  bool dotted = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (is(c, host_set)) {
      if (!in_run) {
        in_run = true;
        dotted = false;
        run = i;
      }
      if (c == '.') {
        if (!dotted)
          find_ipv4(s, i);
        dotted = true;
      }
      continue;
    }
    if (in_run && dotted)
      find_host(s, run, i, internal_suffixes);
    in_run = false;
    if (c == '@')
      find_email(s, i);
    else if (c == ':')
      find_ipv6(s, i);
    else if (c == '+')
      find_phone(s, i);
  }
  s.spend(text.size());
}

} // namespace telltale::redact
