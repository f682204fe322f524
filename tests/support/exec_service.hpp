#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <unistd.h>

#include "commands/exec/exec.hpp"
#include "http/server.hpp"

// What `telltale exec` is tried with: a service over a real socket that answers
// as it is told to, and files that catch what a command writes.

namespace telltale::commands {

using namespace std::chrono_literals;
namespace json = boost::json;

inline constexpr auto task_id = "01890000-0000-7000-8000-000000000001";

/// A service that remembers what it was told and answers as it is set to.
class scripted_service {
public:
  scripted_service()
      : server_(
          {},
          [this](http::request&& q, http::exchange_ptr to) {
            to->respond(answer(q));
          },
          [](http::refusal) {
            return http::response{400, {}, ""};
          }) {
    server_.start();
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
  }

  /// The bodies of all reports, in order.
  [[nodiscard]] std::vector<json::object> reports() {
    std::lock_guard hold{guard_};
    return reports_;
  }
  [[nodiscard]] json::object last_report() {
    auto all = reports();
    return all.empty() ? json::object{} : all.back();
  }
  [[nodiscard]] json::object created() {
    std::lock_guard hold{guard_};
    return created_;
  }
  [[nodiscard]] std::string header_of_creation(const std::string& name) {
    std::lock_guard hold{guard_};
    return creation_headers_[name];
  }

  /// What the service tells of its task, beside `run_after`.
  json::object task{{"run_after", nullptr}};
  /// What it adds to the answer to a heartbeat.
  json::object beat_answer{{"lease_expires_at", nullptr}};
  int beats = 0;

  bool stops_the_task = false;
  int reports_to_refuse = 0; ///< terminal ones answered 400
  unsigned creation_status = 201;
  int reports_to_drop = 0;   ///< terminal ones answered 503
  int failures_to_retry = 0; ///< after these the task is queued again

private:
  http::response answer(const http::request& q) {
    std::lock_guard hold{guard_};
    json::object body;
    if (!q.body.empty())
      body = json::parse(q.body).as_object();
    if (q.target == "/tasks")
      return create(q, body);
    if (q.target.ends_with("/heartbeat"))
      return beat();
    if (q.target.ends_with("/status") && q.method == "GET")
      return reply(200, {{"status", status_}, {"attempt", attempt_}});
    if (q.target.ends_with("/status"))
      return report(body);
    return reply(200, task);
  }

  http::response create(const http::request& q, json::object body) {
    if (creation_status != 201)
      return reply(creation_status, {{"code", "unauthorized"}});
    created_ = std::move(body);
    for (const auto& one : q.headers)
      creation_headers_[one.name] = one.value;
    return reply(201, {{"id", task_id}});
  }

  http::response beat() {
    json::array stop;
    if (stops_the_task)
      stop.push_back(json::string{task_id});
    ++beats;
    auto answer = beat_answer;
    answer["stop"] = stop;
    return reply(200, answer);
  }

  http::response report(json::object body) {
    std::string status{body.at("status").as_string()};
    if (status != "running" && reports_to_drop-- > 0)
      return {503, {}, ""};
    if (status != "running" && reports_to_refuse-- > 0)
      return {400, {}, ""};
    reports_.push_back(std::move(body));
    status_ = status;
    if (status == "running")
      ++attempt_;
    else if (status == "failed" && failures_to_retry-- > 0)
      status_ = "queued";
    return {204, {}, ""};
  }

  static http::response reply(unsigned status, const json::object& body) {
    return {
        status, {{"Content-Type", "application/json"}}, json::serialize(body)};
  }

  std::mutex guard_;
  std::vector<json::object> reports_;
  json::object created_;
  std::map<std::string, std::string> creation_headers_;
  std::string status_ = "queued";
  int attempt_ = 0;
  http::server server_; // last: its threads use the rest
};

/// A file that a run writes to, read back as it is.
class capture {
public:
  capture() : descriptor_(::mkstemp(path_)) {}
  ~capture() {
    ::close(descriptor_);
    ::unlink(path_);
  }
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string text() const {
    std::ifstream file{path_, std::ios::binary};
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }

private:
  char path_[32] = "/tmp/telltale-exec-XXXXXX";
  int descriptor_;
};

/// A service and a shell whose output is caught.
struct exec_fixture {
  scripted_service service;
  capture out;
  capture err;

  exec_options shell(const std::string& script) {
    exec_options options;
    options.service.url = service.url();
    options.command_line = {"/bin/sh", "-c", script};
    options.quiet = true;
    options.report_patience = 5s;
    options.grace = 200ms;
    options.out = out.descriptor();
    options.err = err.descriptor();
    return options;
  }
};

inline std::string text_of(const json::object& from, const char* key) {
  const auto* member = from.if_contains(key);
  return member && member->is_string() ? std::string{member->as_string()} : "";
}

} // namespace telltale::commands
