// libs: telltale_redaction
#define CAF_SUITE unit.redaction_findings

#include <string>

#include "tests/support/redaction_fixture.hpp"

#include "tests/support/checks.hpp"

// Secrets that get through where each consumer has a denylist of its own;
// one test for each gap.

using namespace telltale;
using namespace telltale::test;

CAF_TEST_FIXTURE_SCOPE(redaction_findings_tests, redaction_fixture)

CAF_TEST(a key of Google is masked bare and in an address) {
  const auto key = std::string{"AI"} + "za" + noise(35);
  masks("upload failed: ", key, "", "gcp-key");
  CAF_CHECK(
      redacted("GET https://maps.example/js?key=" + key + "&v=3").find(key)
      == std::string::npos);
}

CAF_TEST(credentials in an address are masked and its host stays) {
  masks("clone of https://", "bot:hunter2hunter2", "@host/r failed",
        "url-userinfo");
  masks("clone of https://", noise(30), "@host/r failed", "url-userinfo");
  masks("pull of ssh://", "bot:p@ssw0rd9", "@host:22/r failed", "url-userinfo");
}

CAF_TEST(paths of another machine lose their user) {
  for (const auto& [path, wanted] :
       {std::pair<std::string, std::string>{"open /home/daemon/x: denied",
                                            "open /home/[user]/x: denied"},
        {"open /Users/daemon/x: denied", "open /Users/[user]/x: denied"},
        {"open C:\\Users\\daemon\\x: denied",
         "open C:\\Users\\[user]\\x: denied"}})
    for (const auto profile : {event, chat})
      CAF_CHECK_EQUAL(redacted(path, profile), wanted);
}

CAF_TEST(values of quoted names are masked to their closing quote) {
  masks("{\"password\": \"", "two words", "\"}", "keyed-secret");
  masks("{\\\"api_key\\\": \\\"", noise(24), "\\\"}", "keyed-secret");
  masks("{'client_secret': '", noise(24), "', 'x': 1}", "keyed-secret");
}

CAF_TEST(internal hosts stay out of chats) {
  masks("dial ", "runner-7.svc.cluster.local", ": refused", "internal-host",
        chat);
  masks("dial ", "db.corp", ":5432: refused", "internal-host", chat);
}

CAF_TEST(a placeholder is not scanned again) {
  const std::string masked = "password=[REDACTED:keyed-secret] [REDACTED:jwt]";
  for (const auto profile : {store, event, chat})
    keeps(masked, profile);
}

CAF_TEST(a huge text is bounded and keeps its end) {
  const auto huge = redacted(std::string(1 << 20, 'x') + "\nthe end");
  CAF_CHECK(huge.size() <= 65'536);
  CAF_CHECK(huge.find("the end") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
