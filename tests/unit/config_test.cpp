// libs: telltale_config
#define CAF_SUITE unit.config

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "config/load.hpp"
#include "config/overrides.hpp"
#include "config/rows.hpp"
#include "tests/support/scratch_file.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::config;
using telltale::test::scratch_file;
using namespace std::chrono_literals;

namespace {

constexpr const char* hidden = "hunter2-hunter2";

std::string source_path(const std::string& name) {
  const char* root = std::getenv("TELLTALE_SOURCE_DIR");
  return std::string{root != nullptr ? root : "."} + '/' + name;
}

struct fixture {
  load_request request;

  load_result read(const std::string& toml) {
    scratch_file file{toml};
    request.file = file.path;
    return load(request);
  }

  /// Everything that a person may get to see of a result.
  static std::string said(const load_result& x) {
    std::ostringstream out;
    for (const auto& list : {x.errors, x.warnings, refusals(x)})
      for (const auto& one : list)
        out << to_string(one) << '\n';
    return out.str();
  }

  /// The error about that option, without the file's name: `3:10 text`.
  static std::string error_at(const load_result& x, const std::string& path) {
    for (const auto& one : x.errors)
      if (one.path == path)
        return std::to_string(one.where.line) + ':'
               + std::to_string(one.where.column) + ' ' + one.text;
    return "none";
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(config_tests, fixture)

CAF_TEST(the file that other programs rely on is valid with
         or without its variables) {
  request.file = source_path("tests/unit/every_key.toml");
  const auto bare = load(request);
  CAF_CHECK_EQUAL(said(bare).find("unknown"), std::string::npos);
  CAF_CHECK(bare.ok());
  CAF_CHECK_EQUAL(bare.missing_secrets.size(), 6u);
  CAF_CHECK_EQUAL(bare.warnings.size(), 6u);
  CAF_CHECK_EQUAL(refusals(bare).size(), 6u);
  CAF_CHECK(said(bare).find("OCTO_BOT_TOKEN") != std::string::npos);
  const auto word = "whsec_" + std::string(32, 'a');
  for (const auto& missing : bare.missing_secrets)
    request.environment[missing.variable] = word;
  const auto full = load(request);
  CAF_CHECK(full.ok());
  CAF_CHECK(full.warnings.empty());
  CAF_CHECK(refusals(full).empty());
  const auto& x = full.values;
  CAF_CHECK_EQUAL(x.http.max_body_bytes, 1'048'576);
  CAF_CHECK(x.http.drain_timeout == 15s);
  CAF_CHECK_EQUAL(x.auth.operator_tokens.at(1).scopes.at(0), "read");
  CAF_CHECK_EQUAL(x.retry.jitter, 0.2);
  const auto& network = x.retry.reasons.at("agent_error.provider_network");
  CAF_CHECK(network.attempts == 3);
  CAF_CHECK(network.factor == 2.0);
  CAF_CHECK(network.cap == 5min);
  CAF_CHECK_EQUAL(x.redaction.patterns.at(0).keywords.at(0), "TCK-");
  CAF_CHECK_EQUAL(x.relays.at("octo-main").token.reveal(), word);
  CAF_CHECK_EQUAL(x.relays.at("lark-main").rate_per_app, 50.0);
  CAF_CHECK_EQUAL(x.relays.at("audit").events.size(), 2u);
  CAF_CHECK(x.relays.at("audit").allow_private);
  CAF_CHECK(x.retention.finished_tasks == 720h);
  CAF_CHECK_EQUAL(x.log.format, "json");
}

CAF_TEST(what a retry table leaves out is known to be left out) {
  const auto x = read("[retry.reasons.timeout]\nbase = \"1s\"\n");
  CAF_REQUIRE(x.ok());
  const auto& timeout = x.values.retry.reasons.at("timeout");
  CAF_CHECK(timeout.base == 1s);
  CAF_CHECK(!timeout.attempts && !timeout.factor && !timeout.cap);
}

CAF_TEST(later sources win over earlier ones) {
  const std::string file = "[http]\nlisten = \"127.0.0.1:1\"\nthreads = 2\n"
                           "[log]\nlevel = \"warn\"\n"
                           "[relays.octo-main]\ntype = \"octo\"\n"
                           "base_url = \"http://a\"\ntoken = \"t\"\n";
  request.environment = {{"TELLTALE_HTTP__LISTEN", "[::1]:2"},
                         {"TELLTALE_HTTP__THREADS", "3"},
                         {"TELLTALE_RELAYS__OCTO_MAIN__BASE_URL", "http://b"},
                         {"TELLTALE_RUNNER_TOKEN", "no option"},
                         {"TELLTALEX_HTTP__LISTEN", "no option"}};
  request.overrides = {"http.threads=4", "relays.octo-main.token=\"u\"",
                       "retry.reasons.\"agent_error.provider_network\""
                       ".attempts=3",
                       "http.idle_timeout=1m",
                       "log.actors=reaper=debug,relay=off"};
  const auto x = read(file);
  CAF_CHECK_EQUAL(said(x), "");
  CAF_CHECK_EQUAL(x.values.http.listen, "[::1]:2");
  CAF_CHECK_EQUAL(x.values.http.threads, 4);
  CAF_CHECK(x.values.http.idle_timeout == 1min);
  CAF_CHECK_EQUAL(x.values.log.level, "warn");
  CAF_CHECK_EQUAL(x.values.log.actors.at(1), "relay=off");
  CAF_CHECK_EQUAL(x.values.relays.at("octo-main").base_url, "http://b");
  CAF_CHECK_EQUAL(x.values.relays.at("octo-main").token.reveal(), "u");
  CAF_CHECK(x.values.retry.reasons.at("agent_error.provider_network").attempts
            == 3);
  CAF_CHECK_EQUAL(x.values.http.max_body_bytes, 1'048'576);
}

CAF_TEST(every option can be said by variable and by flag) {
  settings unused;
  for (auto& part : sections_of(unused)) {
    const bool named = static_cast<bool>(part.entries.at);
    const auto rows = named ? part.entries.at("a-b") : part.options;
    for (const auto& row : rows) {
      auto path = part.name + (named ? ".a-b." : ".") + row.name;
      CAF_CHECK_EQUAL(split_path(path).size(), named ? 3u : 2u);
      std::string variable = "TELLTALE_";
      for (char c : path)
        variable += c == '.' ? "__"
                    : c == '-'
                        ? "_"
                        : std::string(1, static_cast<char>(std::toupper(c)));
      CAF_CHECK_EQUAL(split_variable(variable), split_path(path));
    }
  }
  CAF_CHECK_EQUAL(
      split_variable("TELLTALE_RETRY__REASONS__AGENT_ERROR___UNKNOWN__CAP"),
      split_path("retry.reasons.\"agent_error.unknown\".cap"));
}

CAF_TEST(lists of tables can be said outside the file) {
  request.environment["TELLTALE_AUTH__RUNNER_TOKENS"] =
      "[{ name = \"a\", token = { env = \"RUNNER\" } }]";
  request.environment["RUNNER"] = "a token from elsewhere";
  const auto hook_secret = "whsec_" + std::string(32, 'a');
  request.overrides = {"relays.x={type=\"webhook\", url=\"http://x\", "
                       "secrets=[\""
                       + hook_secret + "\"]}"};
  const auto x = read("");
  CAF_CHECK_EQUAL(said(x), "");
  CAF_CHECK_EQUAL(x.values.auth.runner_tokens.at(0).token.reveal(),
                  "a token from elsewhere");
  CAF_CHECK_EQUAL(x.values.relays.at("x").secrets.at(0).reveal(), hook_secret);
}

CAF_TEST(all errors are told at once with their places) {
  const auto x = read("[htp]\n"
                      "[http]\n"
                      "listn = \"127.0.0.1:1\"\n"
                      "threads = \"two\"\n"
                      "max_body_bytes = 12\n"
                      "header_timeout = \"5 parsecs\"\n"
                      "[log]\n"
                      "  level = \"inof\"\n"
                      "[retry]\n"
                      "jitter = 1.5\n");
  CAF_CHECK_EQUAL(x.errors.size(), 7u);
  CAF_CHECK_EQUAL(error_at(x, "htp"),
                  "1:2 unknown section (did you mean http?)");
  CAF_CHECK_EQUAL(error_at(x, "http.listn"),
                  "3:1 unknown option (did you mean listen?)");
  CAF_CHECK_EQUAL(error_at(x, "http.threads"),
                  "4:11 expected a whole number from 1 to 64");
  CAF_CHECK_EQUAL(error_at(x, "http.max_body_bytes"),
                  "5:18 expected a whole number from 1024 to 67108864");
  CAF_CHECK_EQUAL(error_at(x, "http.header_timeout"),
                  "6:18 expected a duration from 100ms to 1h, such as \"90s\"");
  CAF_CHECK_EQUAL(error_at(x, "log.level"),
                  "8:11 expected one of \"trace\", \"debug\", \"info\", "
                  "\"warn\", \"error\", \"off\" (did you mean info?)");
  CAF_CHECK_EQUAL(error_at(x, "retry.jitter"),
                  "10:10 expected a number from 0 to 1");
}

CAF_TEST(errors outside the file name their variable or flag) {
  request.environment["TELLTALE_HTTP__LISTN"] = "x";
  request.overrides = {"http.threads=many", hidden};
  const auto x = read("");
  CAF_CHECK(
      said(x).find("environment TELLTALE_HTTP__LISTN: http.listn: unknown "
                   "option (did you mean listen?)")
      != std::string::npos);
  CAF_CHECK(said(x).find("--set http.threads: http.threads: expected a whole")
            != std::string::npos);
  CAF_CHECK(said(x).find("--set number 2: expected section.key=value")
            != std::string::npos);
}

CAF_TEST(no text about a configuration holds a secret) {
  request.environment = {{"KEY", hidden},
                         {"TELLTALE_RELAYS__A__TOKEN", hidden},
                         {"TELLTALE_RELAYS__A__TOKN", hidden},
                         {"TELLTALE_LOG__LEVEL", hidden},
                         {"TELLTALE_HTTP__LISTEN", hidden}};
  request.overrides = {std::string{"relays.b.app_secret="} + hidden, hidden,
                       std::string{"database.statement_timeout="} + hidden};
  const std::string h = hidden;
  for (const std::string& file : std::vector<std::string>{
           "[relays.a]\ntype = \"octo\"\ntoken = { env = \"KEY\", x = \"" + h
               + "\" }\n",
           "[relays.a]\ntoken = " + h + "\n",
           "[relays.a]\ntoken = t" + h + "\n",
           "[relays.a]\ntoken = '" + h + "\n",
           "[relays.a]\ntoken = \"" + h + "\n",
           "[relays.a]\ntoken = \"a\" " + h + "\n",
           "[relays.a]\ntype = \"" + h + "\"\nlocale = \"" + h + "\"\n",
           "[auth]\nrunner_tokens = [{name = \"a\", sha256 = \"" + h + "\"}]\n",
           "[auth]\nrunner_tokens = [{name = \"a\", token = [\"" + h
               + "\"]}]\n",
           "[auth]\nrunner_tokens = [{name = \"a\", token = \"" + h
               + "\\n\"}]\n",
           "[redaction]\nknown_secrets = [\"" + h + "\"]\n",
           "[relays.a]\nurl = \"" + h + "\"\nsecrets = \"" + h + "\"\n"}) {
    const auto x = read(file);
    CAF_CHECK(!x.ok());
    CAF_CHECK_EQUAL(said(x).find("hunter2"), std::string::npos);
  }
  std::ostringstream printed;
  printed << secret{h} << to_string(secret{h});
  CAF_CHECK_EQUAL(printed.str(), "******");
}

CAF_TEST(a number too long to be one is not quoted) {
  const auto x = read("[relays.a]\ntoken = 7234567890123456789012345\n");
  CAF_CHECK(!x.ok());
  CAF_CHECK_EQUAL(said(x).find("72345"), std::string::npos);
}

CAF_TEST(a secret may stand in a file of its own) {
  scratch_file key{"the token from a file\r\n"};
  const auto x = read("[auth]\nrunner_tokens = [ { name = \"a\", token = { "
                      "file = \""
                      + std::string{key.path} + "\" } } ]\n");
  CAF_CHECK_EQUAL(said(x), "");
  CAF_CHECK_EQUAL(x.values.auth.runner_tokens.at(0).token.reveal(),
                  "the token from a file");
  const auto gone = read("[redaction]\ntag_key = { file = \"/no/such\" }\n");
  CAF_CHECK_EQUAL(error_at(gone, "redaction.tag_key"),
                  "2:20 expected a secret in the file \"/no/such\", which is "
                  "empty or cannot be read");
}

CAF_TEST(a missing secret matters only where it is used) {
  const auto idle = read("[database]\nurl = { env = \"UNSET\" }\n");
  CAF_CHECK(idle.ok());
  CAF_CHECK_EQUAL(idle.warnings.size(), 1u);
  CAF_CHECK(refusals(idle).empty());
  const auto used =
      read("[database]\nmode = \"url\"\nurl = { env = \"UNSET\" }\n");
  CAF_CHECK(used.ok());
  const auto refused = refusals(used);
  CAF_REQUIRE_EQUAL(refused.size(), 1u);
  CAF_CHECK_EQUAL(refused[0].text,
                  "expected a secret in the variable UNSET, which is not set");
  CAF_CHECK_EQUAL(
      error_at(read("[database]\nmode = \"url\"\n"), "database.url"),
      "1:2 expected a connection string, since mode is url");
}

CAF_TEST(a listener that others can reach needs tokens) {
  const std::string open = "[http]\nlisten = \"0.0.0.0:80\"\n";
  CAF_CHECK(error_at(read(open), "http.listen")
                .starts_with("2:10 expected "
                             "tokens"));
  CAF_CHECK(read(open + "[auth]\nrunner_tokens = [{name=\"a\", token=\""
                 + std::string(20, 'b') + "\"}]")
                .ok());
  CAF_CHECK(read("[http]\nlisten = \"[::1]:80\"\n").ok());
}

CAF_TEST(a relay says what its type needs) {
  const auto x = read("[relays.o]\ntype = \"octo\"\n"
                      "[relays.l]\ntype = \"lark\"\napp_id = \"a\"\n"
                      "[relays.w]\ntype = \"webhook\"\n"
                      "[relays.n]\n"
                      "[relays.BAD_name]\ntype = \"octo\"\n"
                      "base_url = \"ftp://x\"\ntoken = \"t\"\n");
  CAF_CHECK_EQUAL(x.errors.size(), 9u);
  const auto all = said(x);
  for (const char* part :
       {"relays.o: expected base_url, which", "relays.o: expected token, which",
        "relays.l: expected region or base_url, which",
        "relays.l: expected app_secret, which", "relays.w: expected url, which",
        "relays.w: expected at least one of secrets, which",
        "relays.n: expected type = ", "relays.BAD_name: expected a name of",
        "relays.BAD_name.base_url: expected a URL"})
    if (all.find(part) == std::string::npos)
      CAF_ERROR("not told: " << part << " in " << all);
  CAF_CHECK(read("[relays.l]\ntype = \"lark\"\nregion = \"feishu\"\n"
                 "app_id = \"a\"\napp_secret = \"s\"\n")
                .ok());
}

CAF_TEST(a route names relays and chats that are there) {
  const std::string relays = "[relays.l]\ntype = \"lark\"\n"
                             "region = \"feishu\"\napp_id = \"a\"\n"
                             "app_secret = \"s\"\ndefault_chat = \"oc_d\"\n";
  const auto good =
      read(relays
           + "[[routes]]\nmatch = { kind = \"deploy-*\", labels = { team = "
             "\"x\" } }\n"
             "to = [ { relay = \"l\", chat_id = \"oc_1\" } ]\ncontinue = true\n"
             "[[routes]]\nto = [ { relay = \"l\", chat_id = \"oc_2\" } ]\n");
  CAF_REQUIRE(good.ok());
  const auto& routes = good.values.routes;
  CAF_REQUIRE_EQUAL(routes.size(), 2u);
  CAF_CHECK_EQUAL(routes[0].match.kind, "deploy-*");
  CAF_CHECK_EQUAL(routes[0].match.labels.at("team"), "x");
  CAF_CHECK_EQUAL(routes[0].to.at(0).chat_id, "oc_1");
  CAF_CHECK(routes[0].continues);
  CAF_CHECK(!routes[1].continues);
  CAF_CHECK_EQUAL(good.values.relays.at("l").default_chat, "oc_d");
  const auto bad =
      read(relays
           + "[[routes]]\nmatch = { kinds = \"x\" }\n"
             "[[routes]]\nto = [ { relay = \"m\", chat_id = \"c\" }, "
             "{ relay = \"l\" } ]\ncontinues = true\n");
  const auto all = said(bad);
  for (const char* part :
       {"routes[0].match.kinds: unknown option (did you mean kind?)",
        "routes[0].to: expected at least one",
        "routes[1].to[0].relay: expected the name of a relay",
        "routes[1].to[1].chat_id: expected the chat",
        "routes[1].continues: unknown option"})
    if (all.find(part) == std::string::npos)
      CAF_ERROR("not told: " << part << " in " << all);
}

CAF_TEST(tokens need a name of their own and one way to be known) {
  const std::string digits(64, 'A');
  const std::string word(20, 'x');
  const auto x = read("[auth]\noperator_tokens = [\n"
                      "{ name = \"a\", token = \""
                      + word
                      + "\" },\n"
                        "{ name = \"a\", sha256 = \""
                      + digits
                      + "\" },\n"
                        "{ name = \"b\" },\n"
                        "{ name = \"c\", token = \""
                      + word + "\", sha256 = \"" + digits
                      + "\" },\n"
                        "{ token = \""
                      + word
                      + "\", scopes = [\"read\", \"rite\"] },\n"
                        "]\n");
  CAF_CHECK_EQUAL(x.errors.size(), 5u);
  const std::string at = "auth.operator_tokens";
  CAF_CHECK_EQUAL(error_at(x, at + "[1].name"),
                  "4:10 expected a name of its own, \"a\" is taken");
  CAF_CHECK_EQUAL(error_at(x, at + "[2]"),
                  "5:1 expected either token or sha256");
  CAF_CHECK_EQUAL(error_at(x, at + "[3]"),
                  "6:1 expected either token or sha256");
  CAF_CHECK_EQUAL(error_at(x, at + "[4].name"), "7:1 expected a name");
  CAF_CHECK(error_at(x, at + "[4].scopes").ends_with("(did you mean write?)"));
  CAF_CHECK_EQUAL(x.values.auth.operator_tokens.at(1).sha256,
                  std::string(64, 'a'));
}

CAF_TEST(certificates and patterns come whole) {
  CAF_CHECK(!read("[http]\ntls_key = \"k.pem\"\n").ok());
  CAF_CHECK(read("[http]\ntls_key = \"k\"\ntls_certificate = \"c\"\n").ok());
  CAF_CHECK(!read("[redaction]\npatterns = [{name=\"a\"}]\n").ok());
  CAF_CHECK(!read("[redaction]\npatterns = [{name=\"a\", regex=\"x\", "
                  "keywords=[\"\"]}]\n")
                 .ok());
  CAF_CHECK(!read("[log]\nactors = [\"reaper\"]\n").ok());
  CAF_CHECK(!read("[http]\nlisten = 8080\n").ok());
  CAF_CHECK(!read("[http]\nlisten = 2020-01-01\n").ok());
  CAF_CHECK(!read("http = 1\n").ok());
  CAF_CHECK(!read("[retry.reasons.\"No Such\"]\nattempts = 1\n").ok());
}

CAF_TEST(a file that is not there is an error only if it was named) {
  request.file = "/no/such/telltale.toml";
  CAF_CHECK(!load(request).ok());
  request.file = "/tmp";
  CAF_CHECK(!load(request).ok());
  request.file.reset();
  CAF_CHECK(load(request).ok());
}

CAF_TEST_FIXTURE_SCOPE_END()
