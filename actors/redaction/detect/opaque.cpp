#include <algorithm>
#include <vector>

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/detect/keyed.hpp"
#include "actors/redaction/detect/values.hpp"
#include "actors/redaction/scan/word_list.hpp"
#include "actors/redaction/text/characters.hpp"

// Secrets that no structure gives away.

namespace telltale::redact {

namespace {

constexpr std::size_t least_opaque = 24;
constexpr std::size_t most_opaque = 256; ///< more is data, not a token
constexpr double least_bits = 3.9;
constexpr auto opaque_set = glyph::url_safe | glyph::plus_slash | glyph::equals;

/// The stretch before `at`.
std::string_view before(std::string_view text, std::size_t at,
                        std::size_t reach) {
  const auto begin = at > reach ? at - reach : 0;
  return text.substr(begin, at - begin);
}

constexpr std::string_view identifier_words[] = {
    "sha1",        "sha256",      "sha384",      "sha512",   "sha-",
    "md5",         "integrity",   "digest",      "checksum", "base64,",
    "data:",       "trace",       "request",     "span",     "etag",
    "cursor",      "uuid",        "guid",        "commit",   "hash",
    "fingerprint", "correlation", "_id",         "-id",      " id",
    "\"id",        "public",      "certificate", "ssh-rsa",  "ssh-ed25519",
    "ecdsa-",      "version",     "build",       "image",    "req_",
    "cache",       "h1:",
};

constexpr word_search identifier{identifier_words};

constexpr std::string_view aws_words[] = {"aws", "secret", "access"};
constexpr word_search of_aws{aws_words};

/// An identifier by how it begins: `req_…`, `chatcmpl-…`.
bool is_identifier(std::string_view run) {
  if (run.substr(0, 3) == "sha")
    return true;
  const auto word = skip(run, 0, glyph::lower);
  if (word >= 2 && word <= 12 && word < run.size()
      && (run[word] == '_' || run[word] == '-'))
    return true;
  return false;
}

/// Random through and through: three classes of character, many changes
/// between them, no words, no path.
bool is_opaque(std::string_view run) {
  const auto m = study(run);
  // Six letters of one case are a word in a short run, and chance in a long
  // one.
  const std::size_t most_letters = run.size() < 32   ? 5
                                   : run.size() < 40 ? 6
                                                     : 7;
  if (m.digits < 2 || m.lowers < 2 || m.uppers < 2)
    return false;
  if (m.others * 5 > run.size() || m.letter_run > most_letters
      || m.longest < 12)
    return false;
  if (std::count(run.begin(), run.end(), '/') > 2
      || std::count(run.begin(), run.end(), '-')
                 + std::count(run.begin(), run.end(), '_')
             > 4)
    return false;
  return m.switches * 3 >= run.size() && entropy(run) >= least_bits;
}

/// Seeds and keys in base32: Stellar, NATS.
bool is_seed(std::string_view run) {
  if ((run.size() != 56 && run.size() != 58) || run.front() != 'S')
    return false;
  return std::all_of(run.begin(), run.end(),
                     [](char c) {
                       return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
                     })
         && study(run).digits >= 4;
}

/// The end of a Discord bot's token: its id in base64, six characters, 27 to
/// 40 more, with dots between them. 0 if it is none.
std::size_t bot_token_end(std::string_view text, std::size_t begin,
                          std::size_t end) {
  const auto first = text.substr(begin, end - begin);
  if (first.size() > 28
      || (first[0] != 'M' && first[0] != 'N' && first[0] != 'O')
      || skip(first, 0, glyph::alnum) != first.size() || end + 7 >= text.size()
      || text[end] != '.')
    return 0;
  const auto middle = skip(text, end + 1, glyph::url_safe);
  if (middle != end + 7 || text[middle] != '.')
    return 0;
  const auto to = skip(text.substr(0, std::min(text.size(), middle + 42)),
                       middle + 1, glyph::url_safe);
  return to - middle > 27 && to - middle <= 41 && study(first).digits != 0 ? to
                                                                           : 0;
}

void judge_run(search& s, std::size_t begin, std::size_t end) {
  const auto text = s.text;
  while (begin < end
         && (text[begin] == '=' || text[begin] == '-' || text[begin] == '/'
             || text[begin] == '+'))
    ++begin;
  // The letter of an escape: `\\n` before a token is a line's end.
  if (begin > 0 && begin < end && text[begin - 1] == '\\'
      && (text[begin] == 'n' || text[begin] == 'r' || text[begin] == 't'))
    ++begin;
  // NAME=value: the name is none of it.
  if (const auto equals = text.substr(begin, end - begin).find('=');
      equals != std::string_view::npos && begin + equals + 1 < end
      && text[begin + equals + 1] != '=')
    begin += equals + 1;
  const auto size = end - begin;
  if (size < least_opaque || size > most_opaque)
    return;
  s.spend(size * 2);
  if (s.in_harmless(begin))
    return; // a certificate's or a public key's
  const auto run = text.substr(begin, size);
  if (is_seed(run)) {
    s.add(begin, end, secret_class::opaque_token);
    return;
  }
  if (begin > 0
      && (is(text[begin - 1], glyph::alnum | glyph::dot | glyph::high)
          || text[begin - 1] == '@' || text[begin - 1] == '%'))
    return;
  if (const auto to = bot_token_end(text, begin, end); to != 0) {
    s.add(begin, to, secret_class::vendor_token);
    return;
  }
  if (end < text.size() && (text[end] == '.' || text[end] == '(')
      && end + 1 < text.size() && is(text[end + 1], glyph::alnum))
    return;
  if (!is_opaque(run) || is_identifier(run))
    return;
  if (size == 40 && of_aws.in(before(text, begin, 40))) {
    s.add(begin, end, secret_class::aws_secret_key);
    return;
  }
  if (!identifier.in(before(text, begin, 24)))
    s.add(begin, end, secret_class::opaque_token);
}

} // namespace

void find_opaque(search& s) {
  const auto text = s.text;
  // A run that is long enough covers every 24th place, so the rest of the text
  // need not be looked at.
  for (std::size_t i = least_opaque - 1; i < text.size();) {
    if (!is(text[i], opaque_set)) {
      i += least_opaque;
      continue;
    }
    const auto begin = skip_back(text, i, opaque_set, i);
    const auto end = skip(text, i, opaque_set);
    s.spend((end - begin) / 4);
    if (end - begin >= least_opaque)
      judge_run(s, begin, end);
    i = end + least_opaque;
  }
}

namespace {

struct env_line {
  std::size_t value = 0;
  std::size_t end = 0;
  bool secret = false;
};

bool names_secret(std::string_view name) {
  static constexpr std::string_view parts[] = {
      "PASS", "SECRET", "TOKEN", "CREDENTIAL", "APIKEY", "PRIVATE",
      "_KEY", "_PWD",   "_PAT",  "_AUTH",      "_DSN"};
  if (is_harmless(name) || is_about(name, name.size(), name.size()))
    return false;
  return std::any_of(std::begin(parts), std::end(parts), [&](auto part) {
    const auto at = name.find(part);
    return at != std::string_view::npos && !is_about(name, 0, at + part.size());
  });
}

} // namespace

void find_env_dump(search& s) {
  const auto text = s.text;
  std::vector<env_line> block;
  const auto flush = [&] {
    if (block.size() >= 3)
      for (const auto& line : block)
        if (line.secret
            && !is_stand_in(text.substr(line.value, line.end - line.value))
            && !is_reference(text.substr(line.value, line.end - line.value)))
          s.add(line.value, line.end, secret_class::env_dump);
    block.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    if (end == std::string_view::npos)
      end = text.size();
    auto name = at;
    if (text.substr(name, 7) == "export ")
      name += 7;
    const auto stop = skip(text.substr(0, end), name,
                           glyph::upper | glyph::digit | glyph::underscore);
    if (stop > name + 1 && stop < end && text[stop] == '='
        && !is(text[name], glyph::digit)) {
      env_line line{stop + 1, end,
                    names_secret(text.substr(name, stop - name))};
      while (line.end > line.value
             && is(text[line.end - 1], glyph::space | glyph::quote))
        --line.end;
      while (line.value < line.end && is(text[line.value], glyph::quote))
        ++line.value;
      block.push_back(line);
    } else {
      flush();
    }
    at = end + 1;
  }
  flush();
  s.spend(text.size());
}

} // namespace telltale::redact
