// libs: telltale_redaction telltale_redaction_vectors
#define CAF_SUITE property.redaction

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "actors/redaction/engine.hpp"
#include "actors/redaction/rewrite/bounds.hpp"
#include "actors/redaction/text/shadow.hpp"
#include "tests/support/redaction_vectors.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using telltale::test::text_generator;

namespace {

/// More with TELLTALE_FUZZ=n.
std::size_t rounds(std::size_t usual) {
  const char* wish = std::getenv("TELLTALE_FUZZ");
  return wish != nullptr ? std::strtoull(wish, nullptr, 10) : usual;
}

bool is_clean(const std::string& text) {
  std::string keep;
  return redact::clean_text(text, keep).data() == text.data();
}

} // namespace

CAF_TEST(whatever comes in what goes out is bounded and its own answer) {
  config::redaction_config options;
  options.store_bytes = 1024;
  options.event_bytes = 400;
  options.chat_characters = 160;
  const redaction_engine engine{options, "key"};
  const std::size_t bounds[] = {1024, 400, 160};
  text_generator make;
  std::size_t broken = 0;
  std::size_t errors = 0;
  const auto n = rounds(8000);
  for (std::size_t i = 0; i < n; ++i) {
    const auto text = make.text(i % 50 == 0 ? 400 : 40);
    std::string narrowed = text;
    for (const auto profile :
         {redaction_profile::store, redaction_profile::event,
          redaction_profile::chat}) {
      const auto out = engine.redact(text, profile);
      const redact::bound limit{bounds[static_cast<std::size_t>(profile)],
                                profile == redaction_profile::chat};
      narrowed = engine.redact(narrowed, profile).text;
      const bool good = !out.text.empty() && is_clean(out.text)
                        && limit.holds(out.text)
                        && engine.redact(out.text, profile).text == out.text
                        && engine.redact(narrowed, profile).text == narrowed
                        && (out.text == text || !out.findings.empty()
                            || !is_clean(text) || !limit.holds(text)
                            || text.find("#abc234") != std::string::npos);
      errors += out.text.find("internal-error") != std::string::npos ? 1U : 0U;
      if (!good && broken++ < 3)
        CAF_MESSAGE("broken by: " << caf::deep_to_string(text));
    }
  }
  CAF_CHECK_EQUAL(broken, 0u);
  CAF_CHECK_EQUAL(errors, 0u);
}

CAF_TEST(a planted secret never survives) {
  const redaction_engine engine{config::redaction_config{}, "key"};
  text_generator make;
  // What stands before and after a secret that must go, whatever is around.
  const std::vector<std::pair<std::string, std::string>> plants{
      {" gh"
       "p_",
       " "},
      {"\nAuthorization: Bearer ", "\n"},
      {" https://user:", "@host/ "},
      {"\n{\"password\": \"", "\"}\n"},
      {"\nAPI_TOKEN=", "\n"},
  };
  std::size_t leaked = 0;
  const auto n = rounds(4000);
  for (std::size_t i = 0; i < n; ++i) {
    const auto secret = make.noise(20) + "7xQ" + make.noise(13);
    const auto& [before, after] = plants[make.below(plants.size())];
    // A quote that opens before would swallow the rest of its line only, and a
    // placeholder that opens is no placeholder with a secret inside.
    const auto text =
        make.text(8) + "\n" + before + secret + after + make.text(8);
    for (const auto profile :
         {redaction_profile::store, redaction_profile::chat})
      if (engine.redact(text, profile).text.find(secret) != std::string::npos
          && leaked++ < 3)
        CAF_MESSAGE("leaked from: " << caf::deep_to_string(text));
  }
  CAF_CHECK_EQUAL(leaked, 0u);
}

CAF_TEST(repeats that make naive designs quadratic stay cheap) {
  // No clock here: the engine counts its own work, and what exceeds its budget
  // is masked. The texts must come back bounded and settled.
  const redaction_engine engine{config::redaction_config{}};
  for (const std::string piece :
       {"key=", "token: ", "password=\"", "-----BEGIN", "sk-", "eyJ.", "://",
        "@", "Cookie: a=b;", "eyJ-", "secret-", "Authorization: Digest a="}) {
    std::string text;
    while (text.size() < (1U << 16U))
      text += piece;
    const auto out = engine.redact(text, redaction_profile::store);
    CAF_CHECK(!out.text.empty());
    CAF_CHECK(out.text.find("internal-error") == std::string::npos);
    CAF_CHECK_EQUAL(engine.redact(out.text, redaction_profile::store).text,
                    out.text);
  }
}
