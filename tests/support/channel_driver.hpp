#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "actors/relay/channels/channel.hpp"

// Channels do nothing by themselves: here somebody sends what they want sent.

namespace telltale::test {

/// Carries one message through a channel: `ask` gives each request its answer.
template <class Ask> send_outcome carry(channel& through, outgoing_message what,
                                        Ask ask, steady_time now = {}) {
  auto work = through.send(std::move(what), now);
  std::deque<channel_work::request> open;
  for (;;) {
    for (auto& request : work.requests)
      open.push_back(std::move(request));
    if (!work.finished.empty())
      return std::move(work.finished.front().outcome);
    if (open.empty())
      return given_up{"nothing came"};
    auto next = std::move(open.front());
    open.pop_front();
    const http_outcome answer = ask(next.what);
    work = through.answered(next.number, answer, now);
  }
}

/// The other side, by script: answers in the order of its list, the last one
/// again and again.
struct scripted_side {
  std::deque<http_outcome> answers;
  std::vector<http::client_request> seen;

  http_outcome operator()(const http::client_request& what) {
    seen.push_back(what);
    if (answers.empty())
      return http::client_error{http::client_error::kind::timeout,
                                "nothing was scripted", false};
    auto next = answers.front();
    if (answers.size() > 1)
      answers.pop_front();
    return next;
  }

  send_outcome send(channel& through, outgoing_message what,
                    steady_time now = {}) {
    return carry(
        through, std::move(what),
        [this](const http::client_request& request) {
          return (*this)(request);
        },
        now);
  }

  [[nodiscard]] boost::json::object body(std::size_t i) const {
    return boost::json::parse(seen.at(i).body).as_object();
  }

  [[nodiscard]] std::string text(std::size_t i, const char* key) const {
    return body(i).at(key).as_string().c_str();
  }

  /// A header of a request; empty: there is none.
  [[nodiscard]] std::string header(std::size_t i, const char* name) const {
    for (const auto& one : seen.at(i).headers)
      if (one.name == name)
        return one.value;
    return {};
  }
};

/// What an outcome says; empty for a message that was sent.
inline std::string explanation_of(const send_outcome& outcome) {
  if (const auto* later = std::get_if<try_again>(&outcome))
    return later->explanation;
  if (const auto* refused = std::get_if<credential_refused>(&outcome))
    return refused->explanation;
  const auto* never = std::get_if<given_up>(&outcome);
  return never == nullptr ? std::string{} : never->explanation;
}

inline bool is_sent(const send_outcome& outcome) {
  return std::holds_alternative<message_sent>(outcome);
}

} // namespace telltale::test
