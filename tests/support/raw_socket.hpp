#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace telltale::test {

/// A TCP socket to or from the loopback, for tests that send what no proper
/// client would. Reads give up after twenty seconds.
class raw_socket {
public:
  /// Connects.
  explicit raw_socket(std::uint16_t port) : raw_socket(make(), own{}) {
    auto to = loopback(port);
    if (::connect(fd_, as_plain(to), sizeof to) != 0)
      throw std::runtime_error("cannot connect");
  }

  raw_socket(raw_socket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), seen_(std::move(other.seen_)) {}
  raw_socket& operator=(raw_socket&&) = delete;
  ~raw_socket() { close(); }

  static raw_socket listening() {
    raw_socket made{make(), own{}};
    auto at = loopback(0);
    if (::bind(made.fd_, as_plain(at), sizeof at) != 0
        || ::listen(made.fd_, 64) != 0)
      throw std::runtime_error("cannot listen");
    return made;
  }

  raw_socket accept() { return {::accept(fd_, nullptr, nullptr), own{}}; }

  std::uint16_t port() const {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    ::getsockname(fd_, as_plain(at), &size);
    return ntohs(at.sin_port);
  }

  /// False if the other side takes no more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// No more will be sent.
  void end_sending() { ::shutdown(fd_, SHUT_WR); }

  /// Makes the system reset the connection when it is closed.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  /// What comes up to and with `mark`; what came if the other side closes.
  std::string read_until(std::string_view mark) {
    for (;;) {
      const auto at = seen_.find(mark);
      if (at != std::string::npos)
        return take(at + mark.size());
      if (!more())
        return take(seen_.size());
    }
  }

  std::string read(std::size_t n) {
    while (seen_.size() < n && more()) {
    }
    return take(std::min(n, seen_.size()));
  }

  /// All until the other side closes.
  std::string read_all() {
    while (more()) {
    }
    return take(seen_.size());
  }

  /// One answer with Content-Length: head and body.
  std::string read_answer() {
    auto head = read_until("\r\n\r\n");
    const std::string_view name = "Content-Length: ";
    const auto at = head.find(name);
    if (at != std::string::npos)
      head += read(std::stoul(head.substr(at + name.size())));
    return head;
  }

  /// True if the other side has closed in an orderly way.
  bool at_end() { return seen_.empty() && !more() && last_ == 0; }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

private:
  struct own {};

  raw_socket(int fd, own) : fd_(fd) {
    if (fd_ < 0)
      throw std::runtime_error("no socket");
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  static int make() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
  }

  static sockaddr* as_plain(sockaddr_in& at) {
    return reinterpret_cast<sockaddr*>(&at);
  }

  bool more() {
    char piece[16'384];
    last_ = ::recv(fd_, piece, sizeof piece, 0);
    if (last_ > 0)
      seen_.append(piece, static_cast<std::size_t>(last_));
    return last_ > 0;
  }

  std::string take(std::size_t n) {
    auto part = seen_.substr(0, n);
    seen_.erase(0, n);
    return part;
  }

  int fd_ = -1;
  ssize_t last_ = 0;
  std::string seen_;
};

} // namespace telltale::test
