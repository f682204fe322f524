// libs: telltale_redaction telltale_redaction_vectors
#define CAF_SUITE unit.redaction_vendors

#include <set>
#include <string>

#include "tests/support/redaction_fixture.hpp"
#include "tests/support/redaction_vectors.hpp"

#include "tests/support/checks.hpp"

// Every row of prefixes.def: what it masks and what it leaves. The tokens are
// made here, so that no scanner takes this file for a leak.

using namespace telltale;
using namespace telltale::test;

namespace {

/// Does some row take this token?
bool is_taken(const std::string& token) {
  for (const auto& row : redact::prefix_rows())
    if (token.starts_with(row.literal)
        && token.size() >= row.literal.size() + row.least)
      return true;
  return false;
}

} // namespace

CAF_TEST(every vendor is known by its prefix wherever a token stands) {
  const redaction_engine engine{config::redaction_config{}};
  std::size_t rows = 0;
  for (const auto& row : redact::prefix_rows()) {
    const auto tail = sample_tail(row);
    CAF_REQUIRE_EQUAL(tail.size(), row.least);
    const auto token = std::string{row.literal} + tail;
    const std::string name{redact::row_of(row.kind).name};
    for (const auto& [before, after] :
         {std::pair<std::string, std::string>{"call rejected: ", " (401)"},
          {"", ""},
          {"\"", "\","},
          {"\\n", "\\n"},
          {"<", ">"}}) {
      const auto out = engine.redact(before + token + after, store);
      CAF_CHECK(out.text.find(tail) == std::string::npos);
      if (out.text.find(tail) != std::string::npos)
        CAF_MESSAGE(std::string{row.literal} << " stays in " << out.text);
      // Rows that take any sign, and names before a sign, take what follows.
      if (before == "<" || (row.charset & redact::glyph::mark) != 0)
        continue;
      const auto wanted = before + "[REDACTED:" + name + "]" + after;
      CAF_CHECK_EQUAL(out.text, wanted);
    }
    ++rows;
  }
  CAF_CHECK(rows >= 300);
}

CAF_TEST(every vendor leaves words that only begin like its tokens) {
  const redaction_engine engine{config::redaction_config{}};
  const auto keeps = [&](const std::string& text) {
    const auto out = engine.redact(text, store).text;
    if (out != text)
      CAF_MESSAGE(text << " became " << out);
    CAF_CHECK_EQUAL(out, text);
  };
  for (const auto& row : redact::prefix_rows()) {
    const std::string literal{row.literal};
    keeps("see " + literal + " and so on");
    keeps("it calls x" + literal + "handler");
    const auto tail = sample_tail(row);
    const auto brief =
        literal + tail.substr(0, std::min<std::size_t>(row.least - 1U, 7));
    if (!is_taken(brief))
      keeps("see " + brief + " there");
  }
}

CAF_TEST(no prefix is told twice and none is a word of its own) {
  std::set<std::string> seen;
  for (const auto& row : redact::prefix_rows()) {
    std::string literal{row.literal};
    CAF_CHECK(row.least >= 10);
    CAF_CHECK(row.least <= row.most);
    CAF_CHECK(literal.size() >= 2);
    // The scanner folds case, so two rows may share a folded literal, not one.
    CAF_CHECK(seen.insert(literal).second);
  }
}

CAF_TEST(tokens with a mark inside are known by it) {
  redaction_fixture f;
  const auto org = std::string{"00"} + "D" + noise(12);
  f.masks("sid ", org + "!A" + "Q" + noise(80), " of it", "vendor-token");
  f.masks("key ", noise(38) + "Az" + "Fu" + noise(10) + "==", " there",
          "azure-secret");
  f.masks("key ", noise(40) + "+A" + "St" + noise(10) + "==", " there",
          "azure-secret");
  f.masks("licence ", hex(36) + "NR" + "AL", " there", "vendor-token");
  f.masks("bot ", "M" + noise(23) + "." + noise(6) + "." + noise(30), " there",
          "vendor-token");
  f.keeps(
      "see MyClassWithALongNameAndMore.method.call_it_and_then_some_more_1");
  f.keeps("what!Arrived and what!Aquired");
}
