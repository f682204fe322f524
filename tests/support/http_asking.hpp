#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "http/client.hpp"
#include "tests/support/http_harness.hpp"

// The client's side of a test over real sockets: requests, the parts of their
// results, and a peer that answers by script.
namespace telltale::test {

using kind = client_error::kind;

inline std::string url_of(std::uint16_t port, const std::string& target = "/") {
  return "http://127.0.0.1:" + std::to_string(port) + target;
}

inline client_request get_from(std::uint16_t port,
                               const std::string& target = "/") {
  client_request what;
  what.url = url_of(port, target);
  return what;
}

inline client_options hasty() {
  client_options options;
  options.connect_timeout = 2s;
  options.request_timeout = 5s;
  return options;
}

inline const client_error& error_of(const client_result& result) {
  static const client_error none{kind::transport, "there was no error", false};
  const auto* e = std::get_if<client_error>(&result);
  return e != nullptr ? *e : none;
}

inline const client_response& response_of(const client_result& result) {
  static const client_response none;
  const auto* r = std::get_if<client_response>(&result);
  return r != nullptr ? *r : none;
}

// The result of a call dies with its expression, so its parts are copied.
inline client_error error_of(client_result&& result) {
  return error_of(std::as_const(result));
}

inline client_response response_of(client_result&& result) {
  return response_of(std::as_const(result));
}

/// Serves each connection in turn with the next of `answers`: reads a head,
/// sends the text, closes.
struct scripted_peer {
  raw_socket listener = raw_socket::listening();
  std::vector<std::string> heads;
  std::thread thread;

  explicit scripted_peer(std::vector<std::string> answers)
      : thread([this, answers = std::move(answers)] {
          for (const auto& text : answers) {
            auto peer = listener.accept();
            heads.push_back(peer.read_until("\r\n\r\n"));
            peer.send(text);
          }
        }) {}
  ~scripted_peer() { thread.join(); }
};

inline client_result one_answer(const std::string& text,
                                const std::string& method = "GET") {
  scripted_peer peer{{text}};
  client asking{hasty()};
  auto what = get_from(peer.listener.port());
  what.method = method;
  return asking.call(what);
}

} // namespace telltale::test
