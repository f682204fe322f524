// libs: telltale_config telltale_relay
#define CAF_SUITE unit.relay_docs
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "actors/relay/channels/channel.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/text/catalog.hpp"
#include "config/load.hpp"
#include "config/relay_limits.hpp"
#include "messages/failure_reason.hpp"
#include "tests/support/scratch_file.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using telltale::test::scratch_file;

namespace {

std::string page() {
  const std::string root = std::getenv("TELLTALE_SOURCE_DIR");
  std::ifstream file{root + "/docs/relays.md"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> toml_blocks(const std::string& text) {
  const std::string open = "```toml\n";
  std::vector<std::string> blocks;
  for (auto at = text.find(open); at != std::string::npos;
       at = text.find(open, at)) {
    at += open.size();
    blocks.push_back(text.substr(at, text.find("```", at) - at));
  }
  return blocks;
}

/// The slots of a text, such as `{count}`.
std::multiset<std::string> slots(std::string_view text) {
  std::multiset<std::string> found;
  for (auto at = text.find('{'); at != text.npos; at = text.find('{', at + 1))
    found.emplace(text.substr(at, text.find('}', at) - at + 1));
  return found;
}

} // namespace

CAF_TEST(every configuration on the page about relays is accepted) {
  std::set<std::string> types;
  for (const auto& block : toml_blocks(page())) {
    scratch_file file{block};
    config::load_request request;
    request.file = file.path;
    const auto read = config::load(request);
    for (const auto& error : read.errors)
      CAF_ERROR(to_string(error) << " in\n" << block);
    for (const auto& [name, options] : read.values.relays)
      types.insert(options.type);
  }
  CAF_CHECK(types
            == (std::set<std::string>{"dingtalk", "discord", "lark", "lark-bot",
                                      "octo", "slack", "slack-webhook",
                                      "telegram", "webhook", "wecom"}));
}

CAF_TEST(the page about relays has the limits that hold) {
  CAF_CHECK(page().find(config::relay_limits_table()) != std::string::npos);
  for (const auto& row : config::relay_limit_rows()) {
    config::relay_config options;
    options.type = std::string{row.type};
    CAF_CHECK_EQUAL(limits_of(options).in_flight,
                    static_cast<std::size_t>(row.in_flight));
  }
}

CAF_TEST(the page about relays has the answers that each chat gives) {
  for (const auto& table : error_tables()) {
    const auto section =
        "### `" + std::string{table.type} + "`\n\n" + errors_as_markdown(table);
    CAF_MESSAGE("docs/relays.md should have:\n" << section);
    CAF_CHECK(page().find(section) != std::string::npos);
  }
}

CAF_TEST(every language says each thing in as many words and slots) {
  const auto& english = catalog::of("en");
  for (const auto locale : catalog::locales()) {
    const auto& words = catalog::of(locale);
    CAF_CHECK_EQUAL(words.locale(), locale);
    for (const auto* key :
         {"join", "untitled", "attempt", "separator", "when", "repeat",
          "open_run", "open_list", "digest", "digest_title", "digest_reason",
          "digest_more", "other_reason", "correction"})
      CAF_CHECK(slots(words.phrase(key)) == slots(english.phrase(key)));
    for (const auto& row : failure_reasons()) {
      const auto& copy = words.copy(row.wire);
      CAF_CHECK(copy.size() <= 400u);
      CAF_CHECK(copy.find('{') == std::string::npos);
      CAF_CHECK(copy.find(row.wire) == std::string::npos
                || row.wire == "timeout");
      CAF_CHECK(words.brief(row.wire).size() <= 40u);
    }
  }
}
