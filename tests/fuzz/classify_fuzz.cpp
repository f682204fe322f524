#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "actors/status_intake/classify/classify.hpp"
#include "actors/status_intake/classify/telling_line.hpp"
#include "messages/failure_reason.hpp"
#include "messages/fingerprint.hpp"
#include "tests/fuzz/fuzzing.hpp"
#include "text/utf8.hpp"

// The promises of docs/classifier.md as an oracle for libFuzzer. With
// TELLTALE_SEEDS=FOLDER in its environment the program first writes seeds
// there.

using namespace telltale;
using fuzzing::demand;

namespace {

bool says_nothing(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void check(std::string_view text) {
  const auto found = read_failure(text);
  demand(is_valid_reason(found.failure_reason.wire), "a reason has its form",
         found.failure_reason.wire);
  demand(text::count_characters(found.telling_line) <= longest_telling_line,
         "a telling line is short", found.telling_line);
  demand(found.telling_line.find('\n') == std::string::npos,
         "a telling line is one line", found.telling_line);
  demand(found == read_failure(text), "the same text says the same");
  demand(fingerprint(found.failure_reason.wire, found.telling_line).size()
             == 16,
         "a cause has 16 digits");
  if (says_nothing(text))
    demand(found.telling_line.empty(), "nothing says nothing",
           found.telling_line);
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  fuzzing::write_seeds(
      {"API Error: 400 {\"type\":\"error\",\"error\":{\"type\":"
       "\"invalid_request_error\",\"message\":\"prompt is too long\"}}",
       "Error code: 429 - {'error': {'message': \"it's full\", 'code': None}}",
       "I fixed it.\nerror=\"{\\\"message\\\":\\\"gone\\\"}\" level=error",
       "\x1b[31mpanic:\x1b[0m boom\r\n\tmain.go:12\r\n",
       "{\n  \"error\": {\n    \"code\": 404\n  }\n}",
       "npm ERR! 403\nexit status 1\n", "\xe4\xbd\x99\xe9\xa2\x9d\xe4\xb8\x8d",
       "{:status=>529, :body=>{:type=>\"error\"}}"});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  check(text::is_valid(text) ? std::string{text} : text::replace_invalid(text));
  return 0;
}
