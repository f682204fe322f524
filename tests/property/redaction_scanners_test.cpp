// libs: telltale_redaction telltale_redaction_shapes z
#define CAF_SUITE property.redaction_scanners

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <zlib.h>

#include "actors/redaction/engine.hpp"
#include "actors/redaction/scan/trigger_scanner.hpp"
#include "tests/support/redaction_shapes.hpp"
#include "tests/support/redaction_vectors.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

redaction_engine made_with(const char* scanner) {
  config::redaction_config options;
  options.scanner = scanner;
  options.known_secrets.push_back({"one", config::secret{"hunter-2-hunter"}});
  options.patterns.push_back({"ticket", {"tck-"}, "TCK-[0-9]{6}"});
  return redaction_engine{options, "key"};
}

/// Both scanners, and how often they were not of one mind.
struct pair_of_engines {
  redaction_engine portable = made_with("portable");
  redaction_engine other = made_with("auto");
  std::size_t texts = 0;
  std::size_t differ = 0;

  void compare(const std::string& text) {
    ++texts;
    for (const auto profile :
         {redaction_profile::store, redaction_profile::chat})
      if (portable.redact(text, profile) != other.redact(text, profile)
          && differ++ < 3)
        CAF_MESSAGE(
            "not the same: " << caf::deep_to_string(text.substr(0, 200)));
  }
};

/// The lines of a file, gzipped or not.
std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> out(1);
  auto* const file = gzopen(path.c_str(), "rb");
  char piece[65'536];
  for (int n = 0;
       file != nullptr && (n = gzread(file, piece, sizeof piece)) > 0;)
    for (int i = 0; i < n; ++i)
      if (piece[i] == '\n')
        out.emplace_back();
      else
        out.back().push_back(piece[i]);
  gzclose(file);
  return out;
}

} // namespace

CAF_TEST(the scanners mask the same in texts as runners send them) {
  pair_of_engines both;
  for (const auto& text : test::realistic_messages(1U << 19U, 11))
    both.compare(text);
  for (const auto& seed : test::redaction_seeds())
    both.compare(seed);
  CAF_CHECK_EQUAL(both.differ, 0u);
}

CAF_TEST(the scanners mask the same in hostile texts) {
  pair_of_engines both;
  for (const auto& shape : test::hostile_shapes())
    both.compare(shape.make(3000));
  for (const auto& shape : test::literal_shapes())
    both.compare(shape.make(200));
  both.compare(test::hostile_shapes().back().make(400'000)); // every fragment
  CAF_CHECK_EQUAL(both.differ, 0u);
}

CAF_TEST(the scanners mask the same in the corpora that are there) {
  pair_of_engines both;
  // A folder of samples, as scripts/eval_redaction takes them.
  if (const char* const folder = std::getenv("TELLTALE_CORPORA"))
    for (const auto& file : std::filesystem::directory_iterator{folder})
      if (file.path().string().find(".jsonl") != std::string::npos)
        for (const auto& line : lines_of(file.path()))
          both.compare(line);
  CAF_MESSAGE(both.texts << " texts");
  CAF_CHECK_EQUAL(both.differ, 0u);
}
