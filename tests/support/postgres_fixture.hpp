#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace telltale {

/// A folder of its own under the system's temporary folder, gone with the
/// object. Others may pass through it, so that an embedded database that steps
/// down from root can work inside.
class temporary_folder {
public:
  temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept {
    return path_;
  }

private:
  std::filesystem::path path_;
};

/// A fresh, migrated, empty database for one test, as a base of its fixture.
///
/// The databases of one test program live in one real cluster, which starts
/// with the first of them and stops with the program. The environment's
/// TELLTALE_TEST_DATABASE names another server (`postgresql://user@host/name`)
/// whose role may create databases.
class postgres_fixture {
public:
  postgres_fixture();
  postgres_fixture(const postgres_fixture&) = delete;
  postgres_fixture& operator=(const postgres_fixture&) = delete;
  ~postgres_fixture(); ///< drops the database and whoever is connected

  /// Connection string of this test's database.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

  /// Runs statements for their effect.
  void execute(const std::string& sql) const;

  /// First column of the first row as text; empty for NULL or no row.
  [[nodiscard]] std::string ask(const std::string& sql) const;

private:
  std::string name_;
  std::string url_;
};

} // namespace telltale
