// libs: telltale_config
#define CAF_SUITE unit.config_access

#include <string>

#include <sys/stat.h>

#include "config/load.hpp"
#include "tests/support/scratch_file.hpp"

#include <caf/test/dsl.hpp>

// What a configuration may not say about who gets in.

using namespace telltale::config;
using telltale::test::scratch_file;

namespace {

load_result read(const std::string& toml) {
  scratch_file file{toml};
  load_request request;
  request.file = file.path;
  return load(request);
}

std::string error_at(const load_result& x, const std::string& path) {
  for (const auto& one : x.errors)
    if (one.path == path)
      return one.text;
  return "none";
}

} // namespace

CAF_TEST(a file that everybody may change is warned of) {
  scratch_file key{"the token from a file"};
  scratch_file file{"[auth]\nrunner_tokens = [ { name = \"a\", token = { file "
                    "= \""
                    + std::string{key.path} + "\" } } ]\n"};
  load_request request;
  request.file = file.path;
  CAF_CHECK(load(request).warnings.empty());
  ::chmod(key.path, 0602);
  ::chmod(file.path, 0666);
  const auto x = load(request);
  CAF_CHECK(x.ok());
  CAF_REQUIRE_EQUAL(x.warnings.size(), 2u);
  for (const auto& warning : x.warnings)
    CAF_CHECK(warning.text.find("chmod o-w /tmp/telltale-test-")
              != std::string::npos);
}

CAF_TEST(a token that could be guessed is refused) {
  const auto token_of = [](const std::string& text) {
    return read("[auth]\noperator_tokens = [{ name = \"a\", token = \"" + text
                + "\" }]\n");
  };
  CAF_CHECK(token_of(std::string(20, 'x')).ok());
  const auto refused = token_of(std::string(19, 'x'));
  CAF_CHECK(error_at(refused, "auth.operator_tokens[0].token")
                .find("at least 20 bytes")
            != std::string::npos);
  // What `printf "$UNSET" | sha256sum` prints.
  const auto empty =
      read("[auth]\nrunner_tokens = [{ name = \"a\", sha256 = \""
           "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
           "\" }]\n");
  CAF_CHECK(error_at(empty, "auth.runner_tokens[0].sha256")
                .find("digest of an empty text")
            != std::string::npos);
}

CAF_TEST(a service that people reach from elsewhere needs tokens) {
  const auto at = [](const std::string& url) {
    return error_at(read("[http]\npublic_url = \"" + url + "\"\n"),
                    "http.public_url");
  };
  CAF_CHECK(at("https://telltale.example.org").find("expected tokens in [auth]")
            != std::string::npos);
  CAF_CHECK(at("http://127.example.org/").find("expected tokens in [auth]")
            != std::string::npos);
  for (const auto* url :
       {"http://localhost:8080", "http://127.0.0.1/x", "http://[::1]:80/"})
    CAF_CHECK(read("[http]\npublic_url = \"" + std::string{url} + "\"\n").ok());
}
