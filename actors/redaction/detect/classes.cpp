#include "actors/redaction/detect/classes.hpp"

namespace telltale::redact {

namespace {

constexpr class_row rows[] = {
#define TELLTALE_SECRET_CLASS(id, name, sure, from, meaning)                   \
  {secret_class::id, name, tier::sure, redaction_profile::from, meaning},
#include "actors/redaction/detect/classes.def"
#undef TELLTALE_SECRET_CLASS
};

static_assert(std::size(rows) <= 64, "class_set is too small");

} // namespace

std::span<const class_row> class_rows() noexcept {
  return rows;
}

const class_row& row_of(secret_class id) noexcept {
  return rows[index_of(id)];
}

std::optional<secret_class> find_class(std::string_view name) noexcept {
  for (const auto& row : rows)
    if (row.name == name)
      return row.id;
  return std::nullopt;
}

class_set classes_of(redaction_profile profile) noexcept {
  class_set out;
  for (const auto& row : rows)
    if (row.from <= profile)
      out.set(index_of(row.id));
  return out;
}

} // namespace telltale::redact
