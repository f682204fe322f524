// libs: telltale_service
#define CAF_SUITE unit.start_failure

#include "actors/system/start_failure.hpp"

#include <system_error>

#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "http/listener.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

template <class E> start_failure failure_of(const E& thrown) {
  return explain_start_failure(std::make_exception_ptr(thrown), "the step");
}

struct row {
  start_failure got;
  int code;
  std::vector<std::string> words;
};

} // namespace

CAF_TEST(each failure of a start has its exit code and says what to do) {
  const auto refused = [](std::errc why) {
    return failure_of(http::listen_error{std::make_error_code(why),
                                         "cannot listen on 10.1.1.1:80"});
  };
  const std::vector<row> rows{
      {refused(std::errc::address_in_use),
       69,
       {"10.1.1.1:80", "another program", "http.listen"}},
      {refused(std::errc::address_not_available),
       69,
       {"10.1.1.1:80", "no such address", "http.listen"}},
      {refused(std::errc::permission_denied),
       69,
       {"10.1.1.1:80", "CAP_NET_BIND_SERVICE"}},
      {failure_of(http::tls_files_error{"cannot use the TLS key a.pem: no"}),
       78,
       {"a.pem", "http.tls_key"}},
      {failure_of(configuration_error{"redaction: a( is no pattern"}),
       78,
       {"a(", "configuration"}},
      {failure_of(embedded_postgres_error{"no room\nin /x\n"}),
       69,
       {"embedded database", "no room | in /x"}},
      {failure_of(database_unreachable{"it cannot be reached"}),
       69,
       {"it cannot be reached"}},
      {failure_of(migration_error{"it is newer"}), 69, {"it is newer"}},
      {failure_of(std::system_error{EAGAIN, std::generic_category(), "thread"}),
       71,
       {"the step", "thread"}},
      {failure_of(std::runtime_error{"odd"}), 70, {"the step", "odd"}},
      {explain_start_failure(std::make_exception_ptr(7), "the step"),
       70,
       {"the step"}}};
  for (const auto& [got, code, words] : rows) {
    CAF_CHECK_EQUAL(got.code, code);
    CAF_CHECK(got.text.find('\n') == std::string::npos);
    for (const auto& word : words)
      CAF_CHECK(got.text.find(word) != std::string::npos);
  }
}
