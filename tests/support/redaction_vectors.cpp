#include "tests/support/redaction_vectors.hpp"

#include <string_view>

#include "actors/redaction/text/characters.hpp"

namespace telltale::test {

std::string text_generator::noise(std::size_t n) {
  static constexpr std::string_view set =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  while (out.size() < n)
    out.push_back(set[below(set.size())]);
  return out;
}

std::string text_generator::text(std::size_t most) {
  const auto& fragments = redaction_fragments();
  std::string out;
  for (auto n = 1 + below(most); n > 0; --n) {
    if (below(4) == 0)
      out += noise(1 + below(44));
    else
      out += fragments[below(fragments.size())];
  }
  return out;
}

const std::vector<std::string>& redaction_fragments() {
  static const std::vector<std::string> list{
      "password=",
      "\"password\": \"",
      "token: ",
      "api_key=",
      "--api-key ",
      "key",
      "secret",
      "=",
      ":",
      "\"",
      "'",
      "\\\"",
      "\\n",
      "\n",
      " ",
      "\t",
      "://",
      "@",
      "https://",
      "user:",
      "/home/",
      "alice",
      "/",
      "\\Users\\",
      "C:",
      "?",
      "&",
      "token=",
      "-----BEGIN RSA PRIVATE"
      " KEY-----",
      "-----END RSA PRIVATE"
      " KEY-----",
      "eyJ",
      ".",
      "sk-",
      "gh"
      "p_",
      "AK"
      "IA",
      "xox"
      "b-",
      "$2b$12$",
      "Authorization: ",
      "Bearer ",
      "Basic ",
      "Digest ",
      "Cookie: ",
      "a=b; ",
      "[REDACTED:",
      "]",
      "#",
      "[REDACTED:jwt]",
      "[REDACTED:jwt#abc234]",
      "10.0.0.1",
      "fe80::1",
      ".local",
      "db.internal",
      "a@b.co",
      "+49 170 1234567",
      "\x1b[31m",
      "\x1b[0m",
      "\x1b]0;",
      "\xe2\x80\x8b",
      "\xef\xbd\x81",
      "\xe4\xb8\xad",
      "\xff",
      std::string(1, '\0'),
      "NAME=value\n",
      "DB_PASS=",
      "hooks.slack.com/services/",
      "-u ",
      "; ",
      ", ",
      "{",
      "}",
      "(",
      ")",
      "<",
      ">",
      "&quot;",
      "null",
      "${X}",
      "***",
      "PASS: ",
      "sha256:",
      "req_",
      "identified by ",
      ">= ",
      "is \"",
      "&amp;",
      "%3D",
      "\\\\",
      "\xe2\x80\xa6",
      "omitted",
      "0123456789",
      "abcdef",
      "-",
      "_",
      "T3Blbk"
      "FJ",
  };
  return list;
}

std::string sample_tail(const redact::prefix_row& row) {
  // Every kind of character that the row takes, letters and digits first.
  static constexpr std::string_view alphabet =
      "4gT7kQ2zM9xW5bR8pL3vN6cJ1hD0fSaBeCdEFGHiIjKlmnOoPqrsUtVuwXyYZ"
      "-_./+=~!$";
  const bool hex_only = (row.charset & redact::glyph::hex_letter) != 0
                        && (row.charset & redact::glyph::letter) == 0;
  std::string kinds;
  for (const char c : alphabet)
    if (redact::is(c, row.charset) && redact::is(c, redact::glyph::alnum)
        && (!hex_only
            || (redact::is(c, redact::glyph::hex) && redact::lowered(c) == c)))
      kinds.push_back(c);
  std::string out;
  for (std::size_t i = 0; out.size() < row.least; ++i)
    out.push_back(kinds[i * 7 % kinds.size()]);
  return out;
}

std::vector<std::string> redaction_seeds() {
  std::vector<std::string> out;
  for (const auto& row : redact::prefix_rows())
    out.push_back("rejected: " + std::string{row.literal} + sample_tail(row)
                  + "\n");
  text_generator make;
  for (int i = 0; i < 500; ++i)
    out.push_back(make.text(30));
  return out;
}

} // namespace telltale::test
