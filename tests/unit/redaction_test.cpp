// libs: telltale_redaction
#define CAF_SUITE unit.redaction

#include <algorithm>
#include <string>
#include <vector>

#include "actors/redaction/detect/known_values.hpp"
#include "actors/redaction/detect/prefixes.hpp"
#include "actors/redaction/redaction.hpp"
#include "actors/redaction/rewrite/bounds.hpp"
#include "actors/redaction/rewrite/placeholder.hpp"
#include "actors/redaction/scan/trigger_scanner.hpp"
#include "actors/redaction/text/characters.hpp"

#include "tests/support/redaction_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace telltale::test;

CAF_TEST_FIXTURE_SCOPE(redaction_classes, redaction_fixture)

CAF_TEST(tokens of well known vendors are masked by their own class) {
  masks("push denied for ", std::string{"gh"} + "p_" + noise(36), " today",
        "github-token");
  masks("'", std::string{"AK"} + "IA" + noise(16, redact::glyph::upper), "'",
        "aws-access-key-id");
  masks("key ", std::string{"sk-a"} + "nt-api03-" + noise(90), ".", "llm-key");
  masks("", std::string{"xox"} + "b-123456789012-" + noise(24), "",
        "slack-token");
  masks("(", std::string{"gl"} + "pat-" + noise(20), ")", "gitlab-token");
  masks("", std::string{"b"} + "f_" + hex(40), "", "octo-token");
  masks("", std::string{"m"} + "ul_" + hex(40), "", "dialect-token");
  masks("",
        std::string{"e"} + "yJ" + noise(20) + ".e" + "yJ" + noise(30) + "."
            + noise(43),
        "", "jwt");
}

CAF_TEST(a name gives its value away in every notation) {
  const auto secret = noise(20);
  const std::vector<std::pair<std::string, std::string>> around{
      {"password=", ""},
      {"password: \"", "\""},
      {"{\"api_key\":\"", "\"}"},
      {"{\\\"client_secret\\\": \\\"", "\\\"}"},
      {"DB_PASSWORD=", "\nHOME=/root"},
      {"export GITHUB_TOKEN='", "'"},
      {"token := `", "`"},
      {"'access_key' => '", "',"},
      {"<authToken>", "</authToken>"},
      {"--api-key ", " --verbose"},
      {"--password=", " next"},
      {"setProperty(\"AUTH_TOKEN\", \"", "\")"},
      {"secretKey:", ""},
      {"var appToken string = \"", "\""},
      {"PASSWORD '", "' CREATEDB"},
      {"alert(&quot;password:", "&quot;)"},
      {"CONFIG=\"TOKEN=", "\\nOTHER=1\""},
  };
  for (const auto& [before, after] : around)
    masks(before, secret, after, "keyed-secret");
  masks("password = \"", "value with blanks", "\"", "keyed-secret");
  masks("Server=db;Uid=app;Password=", "#gets0m3", ";Trusted=no",
        "connection-string");
  masks("X-Api-Key: ", secret, "", "auth-header");
}

CAF_TEST(prose and numbers after a name of a secret stay) {
  for (const std::string text : {"unexpected token: }",
                                 "invalid token: expected }",
                                 "max_output_token: 4096",
                                 "skip-navigation",
                                 "bearer token expired",
                                 "password: incorrect",
                                 "Error: invalid api key",
                                 "token is null",
                                 "the password must be at least 8 characters",
                                 "secret: ${SECRET}",
                                 "PASSWORD=$DB_PASSWORD",
                                 "token=<your token>",
                                 "password: ***",
                                 "public_key=abc",
                                 "primary key: user_id",
                                 "Duplicate entry for key 'a'",
                                 "tokens used: 12345",
                                 "author: somebody",
                                 "monkey=banana12345",
                                 "api_key = os.environ[\"API_KEY\"]",
                                 "token = get_token(user)",
                                 "--- PASS: TestThings/case_2 (0.00s)",
                                 "password_file=/run/secrets/db",
                                 "refresh token has expired",
                                 "csrf_token=abc123def456"})
    keeps(text);
}

CAF_TEST(objects and handles as programs print them stay) {
  for (const std::string text :
       {"opening wtoken = AppWindowToken{9f4ef63 token=Token{a64f992 Activity",
        "Bad activity token: android.os.BinderProxy@2bd79ce",
        "[SessionTracker:ZooKeeperServer@325] - Expiring session "
        "0x24ede63a01b003b, timeout",
        "no event name for stream/token: com.apple.xpc.activity/4505: 132",
        "into registry key '{bf1a281b-ad7b-4476-ac95-f47682990ce7}GLOBALROOT'"})
    keeps(text);
  masks("token=", "Admin@1" + noise(12), "", "keyed-secret");
  masks("password: ", "Passw0rd@123", "", "keyed-secret");
}

CAF_TEST(identifiers that look random stay) {
  keeps("commit " + hex(40));
  keeps("sha256:" + hex(64));
  keeps("request_id: req_" + noise(24));
  keeps("toolu_" + noise(22));
  keeps("task 123e4567-e89b-12d3-a456-426614174000 failed");
  keeps("integrity sha512-" + noise(86) + "==");
  keeps("github.com/a/b v1.2.3 h1:" + noise(43) + "=");
  keeps(std::string{"pk_"} + "live_" + noise(24));
  keeps(pem("CERTIFICATE", key_body()));
  keeps(pem("PUBLIC KEY", key_body()));
}

CAF_TEST(private keys are masked to their end or to their last line) {
  const auto whole = pem("RSA PRIVATE KEY", key_body());
  masks("before\n", whole, "\nafter", "private-key");
  const auto cut = whole.substr(0, whole.find("-----END") - 1);
  masks("before\n", cut, "\nnothing of a key here", "private-key");
  std::string escaped;
  for (const char c : whole)
    escaped += c == '\n' ? std::string{"\\n"} : std::string(1, c);
  masks("{\"pk\": \"", escaped, "\"}", "private-key");
  // What a log's tail leaves of one.
  const auto tail = whole.substr(whole.find('\n') + 1);
  CAF_CHECK(redacted(tail + "\nfailed").find(tail.substr(0, 20))
            == std::string::npos);
  std::string logged;
  for (const char c : "2026-01-01 " + whole)
    logged += c == '\n' ? std::string{"\n2026-01-01 "} : std::string(1, c);
  const auto out = redacted(logged);
  CAF_CHECK(out.find(noise(64).substr(0, 16)) == std::string::npos);
}

CAF_TEST(addresses lose their credentials and keep the rest) {
  masks("git clone https://", "user:hunter22", "@host.example/x.git",
        "url-userinfo");
  masks("redis://", ":p%40ss@w0rd", "@cache:6379/0", "url-userinfo");
  masks("https://", noise(40), "@github.com/o/r", "url-userinfo");
  masks("GET /x?token=", "abcdef12", "&page=2", "url-query-secret");
  masks("https://hooks.slack.com/",
        "services/T0" + noise(8) + "/B0" + noise(8) + "/" + noise(24), "",
        "chat-webhook");
  keeps("https://user:${PASSWORD}@host/");
  keeps("ssh://git@github.com/o/r.git");
  keeps("https://host/path?page=2&code=404");
  keeps("file:///src/a@b/c");
}

CAF_TEST(headers and cookies keep their names) {
  masks("Authorization: Bearer ", noise(30), "\nHost: x", "auth-header");
  masks("curl -H 'Authorization: Basic ", noise(18) + "==", "' http://h",
        "auth-header");
  masks("authorization: Digest ",
        "username=\"a\", response=\"" + hex(32) + "\"", "", "auth-header");
  CAF_CHECK_EQUAL(
      redacted("Set-Cookie: sid=" + noise(20) + "; Path=/; HttpOnly"),
      "Set-Cookie: sid=[REDACTED:cookie]; Path=/; HttpOnly");
  masks("hash ", "$2b$12$" + noise(53), "", "password-hash");
  masks("curl -u ", "me:" + noise(12), " http://h", "auth-header");
  keeps("Authorization: required");
}

CAF_TEST(a secret split by invisible characters is found) {
  const auto token = std::string{"gh"} + "p_" + noise(36);
  const auto ansi = token.substr(0, 10) + "\x1b[0m" + token.substr(10);
  masks("a ", ansi, " b", "github-token");
  const auto zero_width = token.substr(0, 2) + "\xe2\x80\x8b" + token.substr(2);
  masks("a ", zero_width, " b", "github-token");
  std::string wide;
  for (const char c : token.substr(0, 12)) {
    wide += "\xef\xbc";
    wide.push_back(static_cast<char>(c - 0x20 + 0x80));
    if (c >= 0x60) {
      wide.resize(wide.size() - 2);
      wide.push_back('\xbd');
      wide.push_back(static_cast<char>(c - 0x60 + 0x80));
    }
  }
  masks("a ", wide + token.substr(12), " b", "github-token");
  keeps("\x1b[31mred\x1b[0m \xe2\x80\x8b plain");
}

CAF_TEST(a value masked once is masked at its other places) {
  CAF_CHECK_EQUAL(redacted("password=hunter22xx then hunter22xx again"),
                  "password=[REDACTED:keyed-secret] then "
                  "[REDACTED:keyed-secret] again");
}

CAF_TEST(variables of a dumped environment lose their values) {
  const auto out =
      redacted("PATH=/usr/bin\nSTRIPE_KEY=tiny1\nDB_PASS=abc\nLANG=C\n");
  CAF_CHECK(out.find("tiny1") == std::string::npos);
  CAF_CHECK(out.find("=abc") == std::string::npos);
  CAF_CHECK(out.find("PATH=/usr/bin") != std::string::npos);
}

CAF_TEST(home paths go from events and places from chats) {
  const std::string text = "/home/alice/work and C:\\Users\\Bob\\x and "
                           "/Users/Shared/y and /root/z";
  keeps(text);
  CAF_CHECK_EQUAL(redacted(text, event),
                  "/home/[user]/work and C:\\Users\\[user]\\x and "
                  "/Users/Shared/y and /root/z");
  masks("to ", "10.1.2.3", ":80", "private-ip", chat);
  masks("to ", "fd00::1", "", "private-ip", chat);
  masks("at ", "db.prod.internal", ":5432", "internal-host", chat);
  masks("mail ", "a.b@example.com", "", "email", chat);
  keeps("10.1.2.3 a@example.com db.prod.internal", event);
  keeps("127.0.0.1 pkg@1.2.3 git@host.com:o/r .env.local 10:20:30", chat);
}

CAF_TEST(only the exact grammar of a placeholder is skipped) {
  const auto token = std::string{"gh"} + "p_" + noise(36);
  keeps("[REDACTED:a-b#abc234]");
  CAF_CHECK(redacted("[REDACTED:" + token + "]").find(token)
            == std::string::npos);
  CAF_CHECK_EQUAL(redact::placeholder_length("[REDACTED:x#abc23]", 0), 0u);
  CAF_CHECK_EQUAL(redact::placeholder_length("[REDACTED:]", 0), 0u);
  CAF_CHECK_EQUAL(redact::placeholder_length("[REDACTED:x]", 0), 12u);
}

CAF_TEST(an escape character hides no placeholder that follows it) {
  // ESC [ R is a control sequence; ESC [ REDACTED: is a placeholder.
  for (const std::string before : {"\x1b", "\x1b[3", "\x1b(", "\x1b]0;"}) {
    const auto text = "api_key=" + before + "[REDACTED:keyed-secret#abc234]";
    keeps(text);
    const auto masked = redacted(before + " token=" + noise(30));
    CAF_CHECK_EQUAL(redacted(masked), masked);
  }
  const auto masked = redacted("api_key=\x1b+" + noise(30), store, "key");
  CAF_CHECK_EQUAL(redacted(masked, store, "key"), masked);
  CAF_CHECK_EQUAL(masked.find("EDACTED:"), masked.find("[REDACTED:") + 2);
}

CAF_TEST(tags tell equal secrets and stay out of chats) {
  const auto token = std::string{"gh"} + "p_" + noise(36);
  const auto one = redacted("a " + token, store, "key");
  CAF_CHECK_EQUAL(one.size(),
                  std::string{"a [REDACTED:github-token#123456]"}.size());
  CAF_CHECK_EQUAL(redacted("a " + token, event, "key"), one);
  CAF_CHECK_NOT_EQUAL(redacted("a " + token, store, "other"), one);
  CAF_CHECK_EQUAL(redacted(one, chat, "key"), "a [REDACTED:github-token]");
  // Short values have none: one could be guessed from it.
  CAF_CHECK_EQUAL(redacted("password=hunter22", store, "key"),
                  "password=[REDACTED:keyed-secret]");
}

CAF_TEST(registered values are found in every spelling) {
  const std::string value = "correct horse/\"battery\"";
  options.known_secrets.push_back({"deploy", config::secret{value}});
  const redaction_engine engine{options};
  std::size_t n = 0;
  for (const auto& spelling : redact::spellings(value)) {
    const auto out = engine.redact("say " + spelling + " now", store).text;
    CAF_CHECK_EQUAL(out, "say [REDACTED:known-value] now");
    ++n;
  }
  CAF_CHECK(n > 15);
  options.known_secrets = {{"short", config::secret{"abc"}}};
  CAF_CHECK_EQUAL(redaction_engine::warnings(options).size(), 1u);
  keeps("abc");
}

CAF_TEST(the patterns of an operator are masked and allowed values stay) {
  options.patterns.push_back({"ticket", {"TCK-"}, "TCK-[0-9]{6}"});
  masks("see ", "TCK-123456", " soon", "custom");
  keeps("see TCK-12 soon");
  options.allow.push_back("hunter22");
  keeps("password=hunter22");
  options.off_store.push_back("url-userinfo");
  keeps("https://user:hunter99@host/");
}

CAF_TEST(a configuration that cannot work is refused with its reasons) {
  options.patterns.push_back({"broken", {}, "("});
  options.scanner = "hyperscan";
  options.off_chat.push_back("nonsense");
  const auto missing = redact::hyperscan_works() ? 0U : 1U;
  CAF_CHECK_EQUAL(redaction_engine::complaints(options).size(), 3u + missing);
  CAF_CHECK_EQUAL(redaction_engine::complaints({}).size(), 0u);
}

CAF_TEST(findings count what was masked by class) {
  const redaction_engine engine{options};
  const auto result = engine.redact("password=hunter22 secret_key=\""
                                        + noise(20) + "\" https://a:bcdefg1@h/",
                                    store);
  const redaction_findings expected{{"keyed-secret", 2}, {"url-userinfo", 1}};
  CAF_CHECK(result.findings == expected);
}

CAF_TEST(a text over its bound loses its middle at line ends) {
  std::string text;
  for (int i = 0; i < 9000; ++i)
    text += "line " + std::to_string(i) + " of the output\n";
  const auto out = redacted(text);
  CAF_CHECK(out.size() <= 65536);
  CAF_CHECK(out.size() > 60000);
  CAF_CHECK(out.rfind("line 0 of", 0) == 0);
  CAF_CHECK(out.find("line 8999 of the output\n") != std::string::npos);
  CAF_CHECK(out.find(" lines omitted] \xe2\x80\xa6\nline ")
            != std::string::npos);
  CAF_CHECK_EQUAL(redacted(out), out);
  std::string wide;
  for (int i = 0; i < 900; ++i)
    wide += "\xe4\xb8\xad";
  const auto brief = redacted(wide, chat);
  CAF_CHECK((redact::bound{800, true}.holds(brief)));
  CAF_CHECK_EQUAL(redacted(brief, chat), brief);
  keeps(wide.substr(0, 2400), chat);
  CAF_CHECK_EQUAL(redact::grouped(12345), "12,345");
}

CAF_TEST(long stack traces in chats keep both ends of each block) {
  std::string text = "java.lang.IllegalStateException: no\n";
  for (int i = 0; i < 47; ++i)
    text +=
        "    at org.example.Some.method" + std::to_string(i) + "(Some.java)\n";
  text += "Caused by: java.io.IOException: gone";
  const auto out = redacted(text, chat);
  CAF_CHECK(out.find("method5(") != std::string::npos);
  CAF_CHECK(out.find("method6(") == std::string::npos);
  CAF_CHECK(out.find("\n    \xe2\x80\xa6 38 frames omitted\n    at org.example."
                     "Some.method44(")
            != std::string::npos);
  CAF_CHECK(out.find("Caused by: java.io.IOException: gone")
            != std::string::npos);
  CAF_CHECK_EQUAL(redacted(out, chat), out);
  keeps(text);
  // What fits a chat stays whole.
  const auto brief = text.substr(0, 700);
  keeps(brief, chat);
}

CAF_TEST(bytes that are no text are dropped and something always remains) {
  CAF_CHECK_EQUAL(redacted(std::string{"a\0b\xff"
                                       "c",
                                       5}),
                  "abc");
  CAF_CHECK_EQUAL(redacted(std::string(3, '\0')), "[REDACTED:unreadable]");
  CAF_CHECK_EQUAL(redacted(""), "");
}

CAF_TEST(each scanner finds what a plain search finds) {
  const std::vector<std::string> words{"key", "keys", "ey", "token",
                                       "a",   "://",  "ey"};
  const std::string text = "aKEYs://tOken eYkey";
  std::vector<redact::trigger> expected;
  for (std::size_t end = 1; end <= text.size(); ++end)
    for (std::size_t size = end; size > 0; --size)
      for (std::size_t k = 0; k < words.size(); ++k)
        if (words[k].size() == size
            && redact::equals_lowered(text.substr(end - size, size), words[k]))
          expected.push_back({static_cast<std::uint32_t>(end - size),
                              static_cast<std::uint16_t>(k)});
  for (const auto* name : {"portable", "auto"}) {
    const auto scanner = redact::make_scanner(name, words);
    std::vector<redact::trigger> found;
    scanner->scan(text, found);
    CAF_CHECK(found == expected);
  }
}

CAF_TEST(the automatic scanner is the faster one that works here) {
  const redaction_engine engine{options};
  CAF_CHECK_EQUAL(engine.scanner(),
                  redact::hyperscan_works() ? "hyperscan" : "portable");
  options.scanner = "portable";
  CAF_CHECK_EQUAL(redaction_engine{options}.scanner(), "portable");
}

CAF_TEST_FIXTURE_SCOPE_END()
