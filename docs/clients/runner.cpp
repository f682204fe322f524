// A runner in one file: claims a task, says that it runs, reports how it ended.
//
//   g++ -std=c++20 runner.cpp -lboost_json -o runner
//   TELLTALE_RUNNER_TOKEN=… ./runner 127.0.0.1 8080 review
//
// It needs Boost 1.81 (Beast and JSON) alone. A real runner also heartbeats
// while it works (POST /internal/runners/{id}/heartbeat) and repeats a report
// that was answered with 429 or 5xx: repeating one changes nothing.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace json = boost::json;

namespace {

/// What a claim hands out.
struct work {
  std::string task_id;
  std::int64_t attempt = 0;
  std::string token; ///< good for reports about this attempt alone
};

class telltale {
public:
  telltale(std::string host, std::string port, std::string token)
      : host_(std::move(host)), token_(std::move(token)), stream_(io_) {
    boost::asio::ip::tcp::resolver resolver{io_};
    stream_.connect(resolver.resolve(host_, port));
  }

  std::optional<work> claim(const std::string& runner,
                            const std::string& kind) {
    const auto answer = call(http::verb::post, "/internal/tasks/claim", token_,
                             {{"runner_id", runner},
                              {"kinds", json::array{kind}},
                              {"wait_seconds", 5}});
    const auto& tasks = answer.at("tasks").as_array();
    if (tasks.empty())
      return std::nullopt;
    return work{std::string{tasks[0].at("task_id").as_string()},
                tasks[0].at("attempt").as_int64(),
                std::string{tasks[0].at("token").as_string()}};
  }

  /// Returns once the report is committed.
  void report(const work& what, json::object body) {
    body["attempt"] = what.attempt;
    call(http::verb::post, "/internal/tasks/" + what.task_id + "/status",
         what.token, std::move(body));
  }

private:
  json::value call(http::verb method, const std::string& path,
                   const std::string& token, json::object body) {
    http::request<http::string_body> request{method, path, 11};
    request.set(http::field::host, host_);
    request.set(http::field::content_type, "application/json");
    if (!token.empty())
      request.set(http::field::authorization, "Bearer " + token);
    request.body() = json::serialize(body);
    request.prepare_payload();
    http::write(stream_, request);
    http::response<http::string_body> response;
    http::read(stream_, buffer_, response);
    boost::system::error_code not_json;
    auto answer = json::parse(response.body(), not_json);
    if (response.result_int() >= 300)
      throw std::runtime_error{std::to_string(response.result_int()) + " "
                               + response.body()};
    return answer;
  }

  std::string host_;
  std::string token_;
  boost::asio::io_context io_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: runner HOST PORT KIND\n";
    return 64;
  }
  const auto* token = std::getenv("TELLTALE_RUNNER_TOKEN");
  try {
    telltale service{argv[1], argv[2], token != nullptr ? token : ""};
    const auto mine = service.claim("example-runner", argv[3]);
    if (!mine) {
      std::cout << "nothing to do\n";
      return 0;
    }
    service.report(*mine, {{"status", "running"}});
    // Here the work is done.
    service.report(*mine, {{"status", "failed"},
                           {"detail", "fatal: could not read Username"}});
    std::cout << mine->task_id << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "runner: " << error.what() << '\n';
    return 1;
  }
}
