#include "actors/system/start_failure.hpp"

#include <system_error>
#include <utility>

#include <sysexits.h>

#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "http/listener.hpp"

namespace telltale {

namespace {

std::string advice_for(const std::error_code& code) {
  if (code == std::errc::address_in_use)
    return "; another program listens there: stop it, or choose another "
           "http.listen";
  if (code == std::errc::address_not_available)
    return "; this machine has no such address: choose another http.listen";
  if (code == std::errc::permission_denied)
    return "; ports below 1024 want the capability CAP_NET_BIND_SERVICE, or "
           "choose another http.listen";
  return "; http.listen must be an address of this machine and a port";
}

/// Several lines as one.
std::string one_line_of(std::string text) {
  while (text.ends_with('\n'))
    text.pop_back();
  for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at))
    text.replace(at, 1, " | ");
  return text;
}

start_failure explain(const std::exception_ptr& thrown,
                      const std::string& step) {
  try {
    std::rethrow_exception(thrown);
  } catch (const configuration_error& problem) {
    return {EX_CONFIG,
            std::string{"the configuration cannot be used: "} + problem.what()};
  } catch (const http::tls_files_error& problem) {
    return {EX_CONFIG, std::string{problem.what()}
                           + "; see http.tls_certificate and http.tls_key"};
  } catch (const embedded_postgres_error& problem) {
    return {EX_UNAVAILABLE,
            std::string{"the embedded database does not start: "}
                + problem.what()};
  } catch (const migration_error& problem) {
    return {EX_UNAVAILABLE, problem.what()};
  } catch (const http::listen_error& problem) {
    return {EX_UNAVAILABLE, problem.what() + advice_for(problem.code())};
  } catch (const std::system_error& problem) {
    return {EX_OSERR, "the system refuses what the start needs (" + step
                          + "): " + problem.what()};
  } catch (const std::exception& problem) {
    return {EX_SOFTWARE, "the start failed (" + step + "): " + problem.what()};
  } catch (...) {
    return {EX_SOFTWARE, "the start failed (" + step + ")"};
  }
}

} // namespace

start_failure explain_start_failure(std::exception_ptr thrown,
                                    const std::string& step) {
  auto result = explain(thrown, step);
  result.text = one_line_of(std::move(result.text));
  return result;
}

} // namespace telltale
