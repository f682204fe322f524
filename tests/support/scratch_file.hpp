#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>

namespace telltale::test {

/// A file with a name of its own that is gone with the test.
struct scratch_file {
  explicit scratch_file(const std::string& content) {
    if (const int handle = ::mkstemp(path); handle >= 0)
      ::close(handle);
    std::ofstream{path, std::ios::binary} << content;
  }
  ~scratch_file() { std::remove(path); }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  char path[32] = "/tmp/telltale-test-XXXXXX";
};

} // namespace telltale::test
