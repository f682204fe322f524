#include "tests/support/answer_cutter.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace telltale {

answer_cutter::answer_cutter(const postgres_fixture& database)
    : server_(database.ask("SELECT split_part(current_setting("
                           "'unix_socket_directories'), ',', 1)"
                           " || '/.s.PGSQL.' || current_setting('port')")),
      url_("host=" + folder_.path().string()
           + " port=5432 dbname=" + database.ask("SELECT current_database()")
           + " user=" + database.ask("SELECT current_user")),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto at = address((folder_.path() / ".s.PGSQL.5432").string());
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0
      || ::listen(listener_, 8) != 0)
    throw std::runtime_error{"there is no line to the database"};
  worker_ = std::thread{[this] { serve(); }};
}

answer_cutter::~answer_cutter() {
  ::shutdown(listener_, SHUT_RDWR);
  worker_.join();
  ::close(listener_);
}

void answer_cutter::cut_answer_to(const std::string& request) {
  const std::lock_guard lock{guard_};
  wanted_ = request;
}

void answer_cutter::cut_answer_to_prepared(const std::string& statement) {
  // A Bind message names its portal, which has no name, and its statement.
  const std::string end(1, '\0');
  cut_answer_to(end + statement + end);
}

sockaddr_un answer_cutter::address(const std::string& path) {
  sockaddr_un result{};
  result.sun_family = AF_UNIX;
  path.copy(result.sun_path, sizeof result.sun_path - 1);
  return result;
}

void answer_cutter::serve() {
  for (;;) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0)
      return;
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto to = address(server_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof to)
        == 0)
      carry(client, server);
    ::close(server);
    ::close(client);
  }
}

void answer_cutter::carry(int client, int server) {
  bool cut_next = false;
  std::array<char, 65536> bytes{};
  std::array<pollfd, 3> ends{
      {{client, POLLIN, 0}, {server, POLLIN, 0}, {listener_, POLLHUP, 0}}};
  while (::poll(ends.data(), ends.size(), -1) > 0) {
    if (ends[2].revents != 0)
      return; // the test is over
    for (const std::size_t from : {0U, 1U}) {
      if (ends[from].revents == 0)
        continue;
      const auto size = ::read(ends[from].fd, bytes.data(), bytes.size());
      if (size <= 0)
        return;
      const std::string_view text{bytes.data(), static_cast<std::size_t>(size)};
      if (from == 1 && cut_next) {
        ++cuts_;
        return;
      }
      if (from == 0) {
        const std::lock_guard lock{guard_};
        if (!wanted_.empty() && text.find(wanted_) != text.npos) {
          wanted_.clear();
          cut_next = true;
        }
      }
      if (::send(ends[1 - from].fd, text.data(), text.size(), MSG_NOSIGNAL)
          != size)
        return;
    }
  }
}

} // namespace telltale
