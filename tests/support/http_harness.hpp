#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/server.hpp"
#include "tests/support/raw_socket.hpp"

// Small servers to be spoken to by the socket, and ways to wait for what other
// threads do.
namespace telltale::test {

using namespace std::chrono_literals;
using namespace telltale::http;

inline response refused(refusal why) {
  switch (why) {
  case refusal::malformed:
    return {400, {}, "malformed"};
  case refusal::headers_too_large:
    return {431, {}, "headers"};
  case refusal::body_too_large:
    return {413, {}, "body"};
  case refusal::timed_out:
    return {408, {}, "late"};
  case refusal::too_many_connections:
    return {503, {}, "full"};
  case refusal::too_much_at_once:
    return {503, {}, "too much at once"};
  case refusal::abandoned:
    return {500, {}, "abandoned"};
  }
  return {};
}

/// Things that happened on other threads, to be waited for.
template <class T> class inbox {
public:
  void put(T one) {
    const std::lock_guard lock{mutex_};
    held_.push_back(std::move(one));
    came_.notify_all();
  }

  /// The next one; nothing after twenty seconds.
  std::optional<T> take() {
    std::unique_lock lock{mutex_};
    if (!came_.wait_for(lock, 20s, [&] { return !held_.empty(); }))
      return std::nullopt;
    auto one = std::move(held_.front());
    held_.erase(held_.begin());
    return one;
  }

private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<T> held_;
};

struct held_request {
  request what;
  exchange_ptr from;
};

inline server_options quick() {
  server_options options;
  options.listen = "127.0.0.1:0";
  options.threads = 2;
  return options;
}

/// Answers at once with method, target and body.
inline void echo(request&& what, const exchange_ptr& from) {
  from->respond({200,
                 {{"X-Target", what.target}},
                 what.method + ' ' + what.target + ' ' + what.body});
}

/// A started server that echoes.
struct echo_server : server {
  explicit echo_server(server_options options = quick())
      : server(std::move(options), echo, refused) {
    start();
  }
};

/// A started server that puts what it gets into an inbox.
struct holding_server {
  inbox<held_request> requests;
  server serving;

  explicit holding_server(server_options options = quick())
      : serving(
          std::move(options),
          [this](request&& what, exchange_ptr from) {
            requests.put({std::move(what), std::move(from)});
          },
          refused) {
    serving.start();
  }
};

inline std::string get(const std::string& target,
                       const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The first answer to bytes on a fresh connection, and all after it.
inline std::string answer_to(const server& to, std::string_view bytes) {
  raw_socket client{to.port()};
  client.send(bytes);
  return client.read_all();
}

inline bool throws(const std::function<void()>& what) {
  try {
    what();
  } catch (const std::exception&) {
    return true;
  }
  return false;
}

/// Waits for a claim that other threads make true.
inline bool comes_true(const std::function<bool()>& claim) {
  for (int i = 0; i < 2'000 && !claim(); ++i)
    std::this_thread::sleep_for(10ms);
  return claim();
}

} // namespace telltale::test
