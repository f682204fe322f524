// libs: telltale_exec
#define CAF_SUITE unit.exec_secrets

#include <string>
#include <vector>

#include "commands/exec/exec_environment.hpp"
#include "commands/exec/secret_arguments.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::commands;

namespace {

using words = std::vector<std::string>;

/// Words whose `WORD` is the secret; what is shown, joined.
std::string shown(words line) {
  std::string result;
  for (const auto& word : hide_secret_arguments(line))
    result += (result.empty() ? "" : " ") + word;
  const std::string placeholder = "[REDACTED:keyed-secret]";
  for (auto at = result.find(placeholder); at != std::string::npos;
       at = result.find(placeholder))
    result.replace(at, placeholder.size(), "*");
  return result;
}

} // namespace

CAF_TEST(what known programs take for a secret is not shown) {
  CAF_CHECK_EQUAL(shown({"mysql", "-uroot", "-pWORD", "-h", "db"}),
                  "mysql -uroot -p* -h db");
  CAF_CHECK_EQUAL(shown({"/usr/bin/mysqldump", "-pWORD"}),
                  "/usr/bin/mysqldump -p*");
  CAF_CHECK_EQUAL(shown({"sshpass", "-p", "WORD", "ssh", "host"}),
                  "sshpass -p * ssh host");
  CAF_CHECK_EQUAL(shown({"sshpass", "-pWORD", "ssh", "-p", "22", "host"}),
                  "sshpass -p* ssh -p 22 host");
  CAF_CHECK_EQUAL(shown({"docker", "login", "-u", "me", "-p", "WORD"}),
                  "docker login -u me -p *");
  CAF_CHECK_EQUAL(shown({"redis-cli", "-a", "two words", "ping"}),
                  "redis-cli -a * ping");
  CAF_CHECK_EQUAL(shown({"curl", "-u", "me:WORD", "https://h/"}),
                  "curl -u me:* https://h/");
  CAF_CHECK_EQUAL(shown({"curl", "-ume:WORD"}), "curl -ume:*");
  CAF_CHECK_EQUAL(shown({"openssl", "rsa", "-passin", "pass:WORD"}),
                  "openssl rsa -passin pass:*");
  CAF_CHECK_EQUAL(shown({"smbclient", "-U", "me%WORD"}), "smbclient -U me%*");
  CAF_CHECK_EQUAL(shown({"tool", "--password", "WORD", "--verbose"}),
                  "tool --password * --verbose");
  CAF_CHECK_EQUAL(shown({"tool", "--token=WORD"}), "tool --token=*");
}

CAF_TEST(the text of a shell is read as the commands it holds) {
  CAF_CHECK_EQUAL(shown({"sh", "-c", "mysql -pWORD db | sort"}),
                  "sh -c mysql -p* db | sort");
  CAF_CHECK_EQUAL(shown({"sh", "-c", "x=$(sshpass -p 'two WORDS' ssh h)"}),
                  "sh -c x=$(sshpass -p * ssh h)");
  CAF_CHECK_EQUAL(shown({"ssh", "host", "docker login -p WORD && ls -p dir"}),
                  "ssh host docker login -p * && ls -p dir");
}

CAF_TEST(what only looks like it stays) {
  CAF_CHECK_EQUAL(shown({"docker", "run", "-p", "80:80", "image"}),
                  "docker run -p 80:80 image");
  CAF_CHECK_EQUAL(shown({"ssh", "-p", "2222", "host"}), "ssh -p 2222 host");
  CAF_CHECK_EQUAL(shown({"mkdir", "-p", "a/b"}), "mkdir -p a/b");
  CAF_CHECK_EQUAL(shown({"mysql", "-p"}), "mysql -p");
  CAF_CHECK_EQUAL(shown({"make", "test", "V=1", "it's fine"}),
                  "make test V=1 it's fine");
}

CAF_TEST(variables that hold our tokens are ours alone under any name) {
  const words names{"MY_TOKEN"};
  const words tokens{"value-of-a-token", ""};
  CAF_CHECK(is_ours_alone("MY_TOKEN=x", names, tokens));
  CAF_CHECK(is_ours_alone("TELLTALE_OPERATOR_TOKEN=x", names, tokens));
  CAF_CHECK(is_ours_alone("TELLTALE_RUNNER_TOKEN_OLD=", names, tokens));
  CAF_CHECK(is_ours_alone("COPY=value-of-a-token", names, tokens));
  CAF_CHECK(!is_ours_alone("TELLTALE_SERVER=http://h", names, tokens));
  CAF_CHECK(!is_ours_alone("GITHUB_TOKEN=other", names, tokens));
  CAF_CHECK(!is_ours_alone("EMPTY=", names, tokens));
  CAF_CHECK(!is_ours_alone("no assignment", names, tokens));
}
