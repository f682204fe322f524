// libs: telltale_config_commands
#define CAF_SUITE unit.config_tools

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "commands/command.hpp"
#include "config/address.hpp"
#include "config/changes.hpp"
#include "config/describe.hpp"
#include "config/load.hpp"
#include "config/nearest.hpp"
#include "config/rows.hpp"
#include "tests/support/scratch_file.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::config;
using telltale::test::scratch_file;

namespace {

std::string source_path(const std::string& name) {
  const char* root = std::getenv("TELLTALE_SOURCE_DIR");
  return std::string{root != nullptr ? root : "."} + '/' + name;
}

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

load_result read(const std::string& toml) {
  scratch_file file{toml};
  load_request request;
  request.file = file.path;
  return load(request);
}

/// What a run of the program comes to.
struct outcome {
  int code = -1;
  std::string out;
  std::string err;
};

outcome run(std::vector<std::string> words) {
  CLI::App program;
  telltale::commands::chosen chosen;
  telltale::commands::add_check_config(program, chosen);
  telltale::commands::add_describe_config(program, chosen);
  std::reverse(words.begin(), words.end()); // as the parser wants them
  std::ostringstream out, err;
  auto* const old_out = std::cout.rdbuf(out.rdbuf());
  auto* const old_err = std::cerr.rdbuf(err.rdbuf());
  outcome result;
  try {
    program.parse(words);
    result.code = chosen();
  } catch (const CLI::Error& e) {
    result.code = e.get_exit_code();
  }
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  result.out = out.str();
  result.err = err.str();
  return result;
}

} // namespace

CAF_TEST(an address needs a host and a port) {
  CAF_CHECK(parse_address("127.0.0.1:8080") == (address{"127.0.0.1", 8080}));
  CAF_CHECK(parse_address("[::1]:0") == (address{"::1", 0}));
  CAF_CHECK(parse_address("localhost:65535").has_value());
  for (const char* wrong : {"", ":80", "127.0.0.1", "a:65536", "a:-1", "a:",
                            "::1:80", "[::1]", "[]:80", "a b:80", "a:80x"})
    CAF_CHECK(!parse_address(wrong));
  for (const char* near :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"})
    CAF_CHECK(is_loopback(*parse_address(near)));
  for (const char* far : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1",
                          "127.example.org:1", "127.1.2.3.evil.org:1"})
    CAF_CHECK(!is_loopback(*parse_address(far)));
}

CAF_TEST(words far from each other are not mistaken for another) {
  const std::vector<std::string> known{"listen", "threads", "idle_timeout"};
  CAF_CHECK_EQUAL(nearest("lsiten", known), "listen");
  CAF_CHECK_EQUAL(nearest("idle-timeout", known), "idle_timeout");
  CAF_CHECK_EQUAL(nearest("banana", known), "");
  CAF_CHECK_EQUAL(nearest(std::string(100'000, 'x'), known), "");
}

CAF_TEST(a reload tells what it takes over and what needs a restart) {
  const auto old = read("[relays.a]\ntype = \"octo\"\nbase_url = \"http://a\"\n"
                        "token = \"t\"\n")
                       .values;
  auto now = old;
  now.http.threads = 7;
  now.log.level = "debug";
  now.relays["b"] = now.relays["a"];
  now.relays["a"].token = secret{"u"};
  now.retry.reasons["timeout"].attempts = 1;
  now.auth.runner_tokens.emplace_back();
  const auto report = report_reload(old, now);
  const std::vector<std::string> live{"auth.runner_tokens",
                                      "retry.reasons.timeout", "relays.a.token",
                                      "relays.b", "log.level"};
  const std::vector<std::string> restart{"http.threads"};
  CAF_CHECK_EQUAL(report.taken_over, live);
  CAF_CHECK_EQUAL(report.needs_restart, restart);
  CAF_CHECK(find_changes(old, old).empty());
  const auto kept = taken_over(old, now);
  CAF_CHECK_EQUAL(kept.http.threads, old.http.threads);
  CAF_CHECK_EQUAL(kept.relays.at("a").token.reveal(), "u");
  CAF_CHECK_EQUAL(kept.log.level, "debug");
  CAF_CHECK_EQUAL(kept.auth.runner_tokens.size(), 1u);
}

CAF_TEST(a relay that changes its type stays whole until the restart) {
  settings old;
  old.relays["a"].type = "octo";
  old.relays["a"].base_url = "http://a";
  auto now = old;
  now.relays["a"] = {};
  now.relays["a"].type = "lark";
  now.relays["a"].region = "feishu";
  CAF_CHECK(taken_over(old, now) == old);
  CAF_CHECK(report_reload(old, now).taken_over.empty());
  CAF_CHECK_EQUAL(report_reload(old, now).needs_restart.size(), 3u);
}

CAF_TEST(a reload that takes the last token away is refused as a whole) {
  settings old;
  old.auth.operator_tokens.emplace_back().name = "ops";
  auto now = old;
  now.log.level = "debug";
  CAF_CHECK(!reload_refusal(old, now));
  now.auth = {};
  const auto refusal = reload_refusal(old, now); // on a loopback address, too
  CAF_REQUIRE(refusal);
  CAF_CHECK(refusal->find("the last token is gone") != std::string::npos);
  now.auth.runner_tokens.emplace_back().name = "fleet";
  CAF_CHECK(!reload_refusal(old, now));
  CAF_CHECK(!reload_refusal({}, {}));
}

CAF_TEST(the example says every default and all of it is valid) {
  settings defaults;
  const auto commented = read(describe_example());
  CAF_CHECK(commented.errors.empty() && commented.warnings.empty());
  CAF_CHECK(commented.values == defaults);
  const auto all = read(describe_example(false));
  CAF_CHECK(all.errors.empty());
  for (const auto& wrong : all.errors)
    CAF_ERROR(to_string(wrong));
  CAF_CHECK_EQUAL(all.values.relays.size(), 3u);
  CAF_CHECK(all.values.http == defaults.http);
  CAF_CHECK(all.values.reaper == defaults.reaper);
  const auto markdown = describe_markdown();
  const auto schema = describe_json_schema();
  for (auto& part : sections_of(defaults))
    for (const auto& row :
         part.entries.at ? part.entries.at("a") : part.options) {
      CAF_CHECK(markdown.find("| `" + row.name + "` |") != std::string::npos);
      CAF_CHECK(schema.find('"' + row.name + "\": {") != std::string::npos);
    }
}

CAF_TEST(the files in the repository are what the rows say) {
  CAF_CHECK(content_of(source_path("config/telltale.example.toml"))
            == describe_example());
  CAF_CHECK(content_of(source_path("docs/configuration.md"))
            == describe_markdown());
}

CAF_TEST(checking tells everything and exits with 78 if anything is wrong) {
  scratch_file good{"[http]\nlisten = \"[::1]:0\"\n"
                    "[retry.reasons.timeut]\nattempts = 1\n"
                    "[redaction]\ntag_key = { env = \"NO_SUCH_NAME\" }\n"};
  const auto fine = run({"check-config", good.path});
  CAF_CHECK_EQUAL(fine.code, 0);
  CAF_CHECK(fine.out.starts_with("ok: "));
  CAF_CHECK_EQUAL(fine.out.find('\n'), fine.out.size() - 1);
  CAF_CHECK(fine.err.find("variable NO_SUCH_NAME") != std::string::npos);
  CAF_CHECK(fine.err.find("did you mean timeout?") != std::string::npos);

  const auto overridden = run({"check-config", "--config", good.path, "--set",
                               "http.threads=x", "--set", "http.listen=x"});
  CAF_CHECK_EQUAL(overridden.code, 78);
  CAF_CHECK_EQUAL(overridden.out, "");
  CAF_CHECK(overridden.err.find("http.threads") != std::string::npos);
  CAF_CHECK(overridden.err.find("http.listen") != std::string::npos);

  scratch_file bad{"[htp]\n"};
  CAF_CHECK_EQUAL(run({"check-config", bad.path}).code, 78);
  const auto json = run({"check-config", "--json", bad.path});
  CAF_CHECK_EQUAL(json.code, 78);
  CAF_CHECK(json.out.starts_with("{\"ok\":false,"));
  CAF_CHECK(json.out.find("\"line\":1,\"column\":2,\"option\":\"htp\"")
            != std::string::npos);
  CAF_CHECK_EQUAL(run({"check-config", "/no/such.toml"}).code, 78);
}

CAF_TEST(describing prints what the rows say) {
  CAF_CHECK(run({"describe-config"}).out == describe_markdown());
  CAF_CHECK(run({"describe-config", "--format", "example"}).out
            == describe_example());
  CAF_CHECK(run({"describe-config", "--format=json-schema"}).out
            == describe_json_schema());
  CAF_CHECK(run({"describe-config", "--format", "html"}).code != 0);
}
