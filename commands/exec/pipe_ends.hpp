#pragma once

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace telltale::commands {

/// A pipe whose ends close with it.
struct pipe_ends {
  int read_end = -1;
  int write_end = -1;

  pipe_ends() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw std::system_error{errno, std::generic_category(), "pipe"};
    read_end = ends[0];
    write_end = ends[1];
    ::fcntl(read_end, F_SETFL, O_NONBLOCK);
  }
  ~pipe_ends() {
    close_end(read_end);
    close_end(write_end);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;

  /// What a child wrote; 0 if it closed the pipe, which exec does.
  [[nodiscard]] int read_number() const {
    ::fcntl(read_end, F_SETFL, 0);
    int number = 0;
    ssize_t n = 0;
    do {
      n = ::read(read_end, &number, sizeof number);
    } while (n < 0 && errno == EINTR);
    return n == static_cast<ssize_t>(sizeof number) ? number : 0;
  }

  static void close_end(int& end) {
    if (end >= 0)
      ::close(end);
    end = -1;
  }
};

} // namespace telltale::commands
