#include <chrono>
#include <condition_variable>
#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <sysexits.h>

#include "commands/client/console.hpp"
#include "commands/command.hpp"
#include "commands/operate/event_lines.hpp"
#include "messages/exponential_backoff.hpp"

namespace telltale::commands {

namespace {

using namespace std::chrono_literals;

struct tail_arguments {
  console_options console;
  std::vector<std::string> types;
  std::optional<std::int64_t> after;
  bool quiet = false;
};

/// One connection's end, handed from the client's thread to ours.
class stream_end {
public:
  void set(http::client_result result) {
    std::lock_guard hold{guard_};
    result_ = std::move(result);
    changed_.notify_one();
  }
  http::client_result wait() {
    std::unique_lock hold{guard_};
    changed_.wait(hold, [this] { return result_.has_value(); });
    return std::move(*result_);
  }

private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::optional<http::client_result> result_;
};

class follower {
public:
  follower(const tail_arguments& what, const operator_console& console)
      : what_(what), console_(console), where_(console.where()), client_([&] {
          http::client_options out;
          out.ca_file = what.console.ca_file;
          return out;
        }()) {}

  int run() {
    exponential_backoff waits{250ms, 10s};
    for (;;) {
      const auto before = heard_;
      auto end = connect();
      if (!std::cout)
        return EX_IOERR;
      if (const auto* answer = std::get_if<http::client_response>(&end);
          answer != nullptr && answer->status >= 400 && answer->status < 500)
        throw console_error{
            answer->status == 401 || answer->status == 403 ? EX_NOPERM
                                                           : EX_PROTOCOL,
            "the service answers " + std::to_string(answer->status)
                + " to GET /events"};
      if (!ever_connected_)
        throw console_error{EX_UNAVAILABLE,
                            "cannot follow " + where_.url
                                + "; is the service running there?"};
      if (heard_ != before)
        waits.reset();
      if (!what_.quiet)
        std::cerr << "telltale: the stream ended; connecting again\n";
      std::this_thread::sleep_for(waits.next());
    }
  }

private:
  http::client_result connect() {
    http::client_request request;
    request.url = where_.url + "/events";
    if (position_)
      request.url += "?after=" + std::to_string(*position_);
    request.headers.push_back({"Accept", "text/event-stream"});
    if (!where_.operator_token.empty())
      request.headers.push_back(
          {"Authorization", "Bearer " + where_.operator_token});
    auto end = std::make_shared<stream_end>();
    reader_ = {};
    client_.open_stream(
        std::move(request), 60s,
        [this](std::string_view bytes) {
          ever_connected_ = true;
          reader_.feed(bytes,
                       [this](const stream_event& event) { hear(event); });
          std::cout.flush();
          return static_cast<bool>(std::cout);
        },
        [end](http::client_result result) { end->set(std::move(result)); });
    return end->wait();
  }

  void hear(const stream_event& event) {
    ++heard_;
    if (event.id)
      position_ = event.id;
    if (!is_wanted(event.type, what_.types))
      return;
    if (console_.wants_json()) {
      std::cout << event.data << '\n';
      return;
    }
    boost::system::error_code ignored;
    std::cout << event_line(boost::json::parse(event.data, ignored),
                            console_.screen(), now_utc())
              << '\n';
  }

  const tail_arguments& what_;
  const operator_console& console_;
  service_address where_;
  std::optional<std::int64_t> position_ = what_.after;
  stream_reader reader_;
  std::uint64_t heard_ = 0;
  bool ever_connected_ = false;
  http::client client_;
};

} // namespace

void add_tail(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<tail_arguments>();
  auto* command = program.add_subcommand(
      "tail", "Follow what happens, a line an event, until interrupted");
  command->footer("After a break it goes on where it stopped: no event is "
                  "missed, none shown twice.");
  add_console_options(*command, arguments->console);
  command->add_option(
      "--type", arguments->types,
      "Only these: failed, amended, recovered, succeeded, started, created, "
      "cancelled, sent, dead");
  command->add_option("--after", arguments->after,
                      "Begin after this position; 0: the oldest event kept");
  command->add_flag("--quiet", arguments->quiet, "Say nothing of breaks");
  command->callback([arguments, &run] {
    run = [arguments] {
      return run_console(arguments->console, [&](operator_console& console) {
        return follower{*arguments, console}.run();
      });
    };
  });
}

} // namespace telltale::commands
