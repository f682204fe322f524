#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include <sys/un.h>

#include "tests/support/postgres_fixture.hpp"

namespace telltale {

/// A line to a test's database that can be cut between a statement and its
/// answer. Carries one connection after the other, which is all that one store
/// makes.
class answer_cutter {
public:
  explicit answer_cutter(const postgres_fixture& database);
  answer_cutter(const answer_cutter&) = delete;
  answer_cutter& operator=(const answer_cutter&) = delete;
  ~answer_cutter();

  /// Connection string of the same database through this line.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

  /// Swallows the answer to the next request that holds these bytes, and cuts
  /// the line. Empty: takes such a wish back.
  void cut_answer_to(const std::string& request);

  /// The same for the next run of a prepared statement: not its preparation,
  /// which newer versions of libpqxx send as they connect.
  void cut_answer_to_prepared(const std::string& statement);

  [[nodiscard]] int cuts() const { return cuts_; }

private:
  static sockaddr_un address(const std::string& path);
  void serve();
  void carry(int client, int server);

  temporary_folder folder_;
  std::string server_;
  std::string url_;
  int listener_ = -1;
  std::mutex guard_;
  std::string wanted_;
  std::atomic<int> cuts_{0};
  std::thread worker_;
};

} // namespace telltale
