#include "config/file_mode.hpp"

#include <filesystem>

#include "config/problem.hpp"

namespace telltale::config {

bool is_writable_by_all(const std::string& file) {
  using std::filesystem::perms;
  std::error_code error;
  const auto mode = std::filesystem::status(file, error).permissions();
  return !error && mode != perms::unknown
         && (mode & perms::others_write) != perms::none;
}

std::string everybody_writes(const std::string& file) {
  return "every user of this machine may change the file " + shown(file)
         + ", and so take this service over; close it: chmod o-w " + file;
}

} // namespace telltale::config
