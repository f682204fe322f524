#include "commands/client/console.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <sysexits.h>

#include "text/duration.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/utf8.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

std::string token_of(const console_options& options) {
  if (options.token_file.empty()) {
    const auto* value = std::getenv(options.token_variable.c_str());
    return value != nullptr ? value : "";
  }
  std::ifstream file{options.token_file};
  std::string line;
  if (!std::getline(file, line))
    throw console_error{EX_NOINPUT,
                        "cannot read a token from " + options.token_file};
  while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
    line.pop_back();
  return line;
}

service_address address_of(const console_options& options) {
  service_address out;
  out.url = options.server;
  while (!out.url.empty() && out.url.back() == '/')
    out.url.pop_back();
  out.operator_token = token_of(options);
  return out;
}

http::client_options client_options_of(const console_options& options) {
  http::client_options out;
  out.ca_file = options.ca_file;
  out.max_response_bytes = 64U << 20U;
  out.request_timeout = std::chrono::seconds{30};
  return out;
}

int exit_code_of(const service_answer& answer) {
  switch (answer.status) {
  case 0:
    return EX_UNAVAILABLE;
  case 401:
  case 403:
    return EX_NOPERM;
  case 404:
    return EX_NOINPUT;
  case 409:
    return EX_DATAERR;
  case 422:
    return EX_USAGE;
  case 429:
  case 503:
    return EX_TEMPFAIL;
  default:
    return EX_PROTOCOL;
  }
}

/// What a person can do about it.
std::string advice_on(const service_answer& answer,
                      const service_address& where) {
  if (answer.status == 0)
    return "; is the service running at " + where.url
           + "? --server or TELLTALE_SERVER names another";
  if (answer.status == 401)
    return "; put an operator token into TELLTALE_OPERATOR_TOKEN or name a "
           "file with --token-file";
  if (answer.status == 403)
    return "; this token lacks the right (scope)";
  return "";
}

} // namespace

void add_console_options(CLI::App& command, console_options& to,
                         bool with_json) {
  command.add_option("--server", to.server, "URL of the service")
      ->envname("TELLTALE_SERVER")
      ->capture_default_str();
  auto* by_name = command
                      .add_option("--token-env", to.token_variable,
                                  "Variable that holds the operator token")
                      ->capture_default_str();
  command
      .add_option("--token-file", to.token_file,
                  "File that holds the operator token")
      ->check(CLI::ExistingFile)
      ->excludes(by_name);
  command
      .add_option("--ca-file", to.ca_file,
                  "Certificates (PEM) to trust beside the system's")
      ->check(CLI::ExistingFile);
  if (with_json)
    command.add_flag("--json", to.json, "Print JSON");
}

std::string
query_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs)
    if (!value.empty())
      out +=
          (out.empty() ? "?" : "&") + name + "=" + text::percent_encode(value);
  return out;
}

std::optional<std::chrono::seconds> read_span(std::string_view text) {
  const auto span = text::parse_duration(text, {.days = true, .loose = true});
  return span ? std::optional{std::chrono::floor<std::chrono::seconds>(*span)}
              : std::nullopt;
}

operator_console::operator_console(const console_options& options)
    : client_(address_of(options), client_options_of(options)),
      screen_(terminal::of_output()), json_(options.json) {}

json::value operator_console::get(const std::string& path) {
  service_call what;
  what.path = path;
  return call(std::move(what));
}

json::value operator_console::post(const std::string& path,
                                   std::optional<json::object> body) {
  service_call what;
  what.method = "POST";
  what.path = path;
  what.body = std::move(body);
  return call(std::move(what));
}

json::value operator_console::put(const std::string& path, json::object body) {
  service_call what;
  what.method = "PUT";
  what.path = path;
  what.body = std::move(body);
  return call(std::move(what));
}

void operator_console::remove(const std::string& path) {
  service_call what;
  what.method = "DELETE";
  what.path = path;
  call(std::move(what));
}

json::value operator_console::call(service_call what) {
  what.who = caller::operating;
  auto answer = client_.call(what);
  if (!answer.ok())
    throw console_error{exit_code_of(answer),
                        printable(answer.trouble)
                            + advice_on(answer, client_.where())};
  return std::move(answer.body);
}

void operator_console::print_json(const json::value& what) {
  std::cout << display_json(json::serialize(what)) << '\n';
}

std::string display_json(std::string_view serialized) {
  std::string result;
  for (std::size_t at = 0; at < serialized.size();) {
    const auto [code, size] = text::decode_or_byte(serialized, at);
    if (size > 1 && text::acts_on_display(code)) {
      result += "\\u";
      for (const unsigned shift : {8U, 0U})
        text::append_hex(result,
                         static_cast<unsigned char>((code >> shift) & 0xffU),
                         text::hex_case::lower);
    } else {
      result += serialized.substr(at, size);
    }
    at += size;
  }
  return result;
}

int run_console(const console_options& options,
                const std::function<int(operator_console&)>& work) {
  try {
    operator_console console{options};
    const auto code = work(console);
    std::cout.flush();
    return std::cout ? code : EX_IOERR;
  } catch (const console_error& error) {
    std::cerr << "telltale: " << error.what() << '\n';
    return error.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "telltale: " << error.what() << '\n';
    return EX_SOFTWARE;
  }
}

} // namespace telltale::commands
