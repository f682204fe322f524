// libs: telltale_status_intake
#define CAF_SUITE unit.classify

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "actors/status_intake/classify/classify.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;

namespace {

struct said {
  std::string why;
  std::string text;
};

/// The rows of tests/data/classifier.tsv: reason, tab, text (`\\n`: line end).
std::vector<said> read_table() {
  const auto* root = std::getenv("TELLTALE_SOURCE_DIR");
  std::ifstream in{std::string{root ? root : "."}
                   + "/tests/data/classifier.tsv"};
  std::vector<said> rows;
  for (std::string line; std::getline(in, line);) {
    const auto tab = line.find('\t');
    if (line.starts_with('#') || tab == std::string::npos)
      continue;
    auto text = line.substr(tab + 1);
    for (auto at = text.find("\\n"); at != std::string::npos;
         at = text.find("\\n", at))
      text.replace(at, 2, "\n");
    rows.push_back({line.substr(0, tab), text});
  }
  return rows;
}

std::string reason_of(std::string_view text) {
  return failure_reason{classify(text)}.wire;
}

} // namespace

CAF_TEST(the table of real errors finds its reasons) {
  const auto rows = read_table();
  CAF_CHECK(rows.size() >= 300);
  for (const auto& row : rows) {
    CAF_MESSAGE(row.text);
    CAF_CHECK_EQUAL(reason_of(row.text), row.why);
  }
}

CAF_TEST(an empty text and one of blanks say nothing) {
  CAF_CHECK_EQUAL(reason_of(""), "agent_error.unknown");
  CAF_CHECK_EQUAL(reason_of(" \t\n"), "agent_error.unknown");
}

CAF_TEST(two halves of a proof count on one line and near each other alone) {
  const std::string far(400, '.');
  CAF_CHECK_EQUAL(reason_of("model gpt-9 does not exist"),
                  "agent_error.model_not_found_or_unavailable");
  CAF_CHECK_EQUAL(reason_of("model gpt-9\ndoes not exist"),
                  "agent_error.unknown");
  CAF_CHECK_EQUAL(reason_of("model gpt-9 " + far + " does not exist"),
                  "agent_error.unknown");
}

CAF_TEST(a reason that the runner names is kept) {
  const auto failed = task_status::failed;
  const failure_reason named{"agent_blocked"};
  CAF_CHECK_EQUAL(settle_reason(failed, named, "HTTP 401").wire,
                  "agent_blocked");
  const failure_reason own{"their.own_reason"};
  CAF_CHECK_EQUAL(settle_reason(failed, own, "HTTP 401").wire,
                  "their.own_reason");
}

CAF_TEST(a coarse or missing reason is refined by the text) {
  const auto failed = task_status::failed;
  for (const std::string coarse : {"agent_error", "agent_error.unknown", " "})
    CAF_CHECK_EQUAL(
        settle_reason(failed, failure_reason{coarse}, "HTTP 401").wire,
        "agent_error.provider_auth_or_access");
  CAF_CHECK_EQUAL(settle_reason(failed, std::nullopt, "").wire,
                  "agent_error.unknown");
  CAF_CHECK_EQUAL(
      settle_reason(task_status::timed_out, std::nullopt, "HTTP 401").wire,
      "timeout");
}

CAF_TEST(long texts are classified in linear time) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "forbidden 401 status: model ";
  text += "\n";
  CAF_CHECK(classify(text) == reason::agent_provider_auth_or_access);
}
