#include "tests/support/postgres_fixture.hpp"

#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <pqxx/pqxx>
#include <sys/stat.h>
#include <unistd.h>

#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "actors/persistence/postgres/migrate.hpp"

namespace fs = std::filesystem;

namespace telltale {

namespace {

/// The program's one server, with a migrated database to copy.
class test_server {
public:
  test_server() {
    if (const char* other = std::getenv("TELLTALE_TEST_DATABASE")) {
      base_ = other;
    } else {
      folder_.emplace();
      embedded_postgres_options options;
      options.data_dir = folder_->path() / "postgres";
      options.durable = false;
      cluster_ = std::make_unique<embedded_postgres>(
          embedded_postgres::start(options));
      base_ = cluster_->setup_url("postgres");
    }
    model_ = "telltale_model_" + std::to_string(::getpid());
    execute("CREATE DATABASE " + model_);
    migrate(url(model_));
  }

  test_server(const test_server&) = delete;
  test_server& operator=(const test_server&) = delete;

  ~test_server() {
    if (cluster_)
      return; // it goes with all it has
    try {
      execute("DROP DATABASE " + model_);
    } catch (const std::exception&) {
      // The server keeps an empty database more.
    }
  }

  [[nodiscard]] std::string url(const std::string& database) const {
    const auto slash = base_.rfind('/');
    const auto rest = base_.find('?', slash);
    return base_.substr(0, slash + 1) + database
           + (rest == std::string::npos ? "" : base_.substr(rest));
  }

  void execute(const std::string& sql) const {
    pqxx::connection connection{base_};
    pqxx::nontransaction work{connection};
    work.exec(sql);
  }

  [[nodiscard]] std::string make_database() {
    auto name = "telltale_test_" + std::to_string(::getpid()) + "_"
                + std::to_string(++count_);
    execute("CREATE DATABASE " + name + " TEMPLATE " + model_);
    // For what tests ask by connections of their own.
    execute("ALTER DATABASE " + name + " SET search_path = telltale, public");
    return name;
  }

private:
  std::optional<temporary_folder> folder_;
  std::unique_ptr<embedded_postgres> cluster_;
  std::string base_;
  std::string model_;
  int count_ = 0;
};

test_server& server() {
  static test_server instance;
  return instance;
}

} // namespace

temporary_folder::temporary_folder() {
  std::string text = (fs::temp_directory_path() / "telltale-XXXXXX").string();
  if (::mkdtemp(text.data()) == nullptr || ::chmod(text.c_str(), 0755) != 0)
    throw std::system_error{errno, std::generic_category(), text};
  path_ = text;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

postgres_fixture::postgres_fixture()
    : name_(server().make_database()), url_(server().url(name_)) {}

postgres_fixture::~postgres_fixture() {
  try {
    server().execute("DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // Goes with its cluster.
  }
}

void postgres_fixture::execute(const std::string& sql) const {
  pqxx::connection connection{url_};
  pqxx::work work{connection};
  work.exec(sql);
  work.commit();
}

std::string postgres_fixture::ask(const std::string& sql) const {
  pqxx::connection connection{url_};
  pqxx::work work{connection};
  const auto rows = work.exec(sql);
  if (rows.empty() || rows[0][0].is_null())
    return {};
  return rows[0][0].c_str();
}

} // namespace telltale
