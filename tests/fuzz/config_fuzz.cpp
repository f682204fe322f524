#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include "config/load.hpp"
#include "config/tree.hpp"
#include "tests/fuzz/fuzzing.hpp"

// Configuration files and overrides, as an oracle for libFuzzer: whatever
// people write, it is read or what is wrong with it is told, and no word of
// that holds a secret. The first lines may be overrides, each behind `!`; the
// rest is the file.

using namespace telltale;
using fuzzing::demand;

namespace {

constexpr const char* path = "/dev/shm/telltale-fuzz.toml";

/// Secrets that stand in each file.
constexpr std::string_view secrets = "[relays.own]\n"
                                     "type = \"octo\"\n"
                                     "token = \"kQ7vZ2xW9r\"\n"
                                     "[database]\n"
                                     "url = \"host=kQ7vZ2xW9r\"\n";

void check_told(const std::vector<config::problem>& problems) {
  for (const auto& one : problems) {
    demand(!one.text.empty(), "a problem has words");
    demand(to_string(one).find(fuzzing::canary) == std::string::npos,
           "no secret is told", to_string(one));
    demand(one.text.size() <= 600, "a problem is short", one.text);
  }
}

void write(const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  demand(file >= 0
             && ::write(file, text.data(), text.size())
                    == static_cast<ssize_t>(text.size()),
         "the file can be written");
  ::close(file);
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzzing::write_seeds({
      "[http]\nlisten = \"127.0.0.1:8080\"\nmax_body_bytes = 1_000\n",
      "!http.listen=[::1]:1\n!reaper.period=5s\n[reaper]\nperiod = \"2s\"\n",
      "[[auth.tokens]]\nname = \"a\"\nroles = [\"runner\"]\ntoken = \"b\"\n",
      "[relays.a]\ntype = \"lark\"\napp_id = \"cli_a\"\n"
      "app_secret = { env = \"X\" }\nrate_per_chat = 2.5\ncard = false\n",
      "[retry.reasons.timeout]\nattempts = 3\nbase = \"1m30s\"\nfactor = 2\n",
      "[redaction]\noff_chat = [\"email\"]\nallow = [\"^a+$\"]\n"
      "[[redaction.patterns]]\nname = \"x\"\npattern = \"x-[0-9]{4}\"\n",
      "a = 1979-05-27T07:32:00Z\nb = inf\nc = '''\nd'''\n\"\" = {x.y=[1,{}]}\n",
      "!relays.own.token=z\n!x\n!=\n!a.b.c=[1,\n\xef\xbb\xbf[log]\nlevel=1",
  });
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  if (input.find(fuzzing::canary) != std::string_view::npos)
    return -1; // libFuzzer knows it too, and keys are told
  config::load_request request;
  request.file = path;
  while (input.starts_with('!') && request.overrides.size() < 8) {
    const auto end = std::min(input.find('\n'), input.size());
    request.overrides.emplace_back(input.substr(1, end - 1));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  const auto alone = config::parse_toml(input, "a file");
  check_told(alone.errors);
  write(std::string{secrets}.append(input));
  const auto read = config::load(request);
  check_told(read.errors);
  check_told(read.warnings);
  check_told(config::refusals(read));
  demand(read.file == path, "the file is named");
  return 0;
}
