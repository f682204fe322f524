#include "config/read.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <type_traits>

#include "config/file_mode.hpp"
#include "config/nearest.hpp"
#include "config/printed.hpp"
#include "text/duration.hpp"

namespace telltale::config {

namespace {

using form = node::form;

template <class... F> struct overloaded : F... { using F::operator()...; };
template <class... F> overloaded(F...) -> overloaded<F...>;

/// What a value from outside a file means: if it starts like a TOML value of
/// one of these forms and is one, that, else the text as it stands.
node settled(const node& raw, std::string_view openings) {
  if (raw.what != form::loose)
    return raw;
  node result;
  if (!raw.text.empty() && openings.find(raw.text.front()) != openings.npos
      && parse_value(raw.text, raw.where, result))
    return result;
  result = raw;
  result.what = form::quoted;
  return result;
}

/// The same for options whose values TOML writes without quotes.
node settled_plain(const node& raw) {
  if (raw.what != form::loose)
    return raw;
  node result;
  if (parse_value(raw.text, raw.where, result))
    return result;
  result = raw;
  result.what = form::quoted;
  return result;
}

/// `a,b` from outside a file is a list.
node settled_list(const node& raw) {
  auto result = settled(raw, "[");
  if (raw.what != form::loose || result.what == form::list)
    return result;
  node list;
  list.what = form::list;
  list.where = raw.where;
  for (std::size_t from = 0; from < raw.text.size();) {
    const auto comma = std::min(raw.text.find(',', from), raw.text.size());
    node item = raw;
    item.text = raw.text.substr(from, comma - from);
    list.items.push_back(std::move(item));
    from = comma + 1;
  }
  return list;
}

template <class T>
bool take_number(const node& raw, const bounds& limits, T& value) {
  double given = 0;
  if (raw.what == form::whole)
    given = static_cast<double>(raw.whole);
  else if (raw.what == form::real && std::is_same_v<T, number>)
    given = raw.real;
  else
    return false;
  if (!std::isfinite(given) || given < limits.low || given > limits.high)
    return false;
  value = static_cast<T>(given);
  return true;
}

bool take_duration(const node& raw, const bounds& limits, duration& value) {
  constexpr telltale::text::duration_syntax syntax{
      .fractions = true, .milliseconds = true, .days = true};
  const auto said = settled(raw, "\"'");
  if (said.what != form::quoted)
    return false;
  const auto given = telltale::text::parse_duration(said.text, syntax);
  if (!given || static_cast<double>(given->count()) < limits.low
      || static_cast<double>(given->count()) > limits.high)
    return false;
  value = *given;
  return true;
}

bool take_text(const node& raw, std::string& value) {
  const auto given = settled(raw, "\"'");
  if (given.what != form::quoted || given.text.find('\0') != given.text.npos)
    return false;
  value = given.text;
  return true;
}

bool is_choice(const bounds& limits, const std::string& value) {
  return limits.choices.empty()
         || std::find(limits.choices.begin(), limits.choices.end(), value)
                != limits.choices.end();
}

constexpr std::string_view secret_expectation =
    "expected a text, { env = \"NAME\" } or { file = \"PATH\" }";
constexpr std::size_t longest_secret_file = 65'536;

} // namespace

void reader::fail(const origin& where, const std::string& path,
                  std::string message) {
  result_.errors.push_back({where, path, std::move(message)});
}

origin reader::where(std::string path) const {
  while (true) {
    if (const auto found = places_.find(path); found != places_.end())
      return found->second;
    const auto cut = path.find_last_of(".[");
    if (cut == path.npos)
      break;
    path.resize(cut);
  }
  return {result_.file.value_or("defaults")};
}

bool reader::check_table(const node& raw, const std::string& path) {
  if (raw.what == form::table)
    return true;
  fail(raw.where, path, "expected a table");
  return false;
}

void reader::read(const node& root) {
  auto sections = sections_of(result_.values);
  std::vector<std::string> names;
  for (const auto& part : sections)
    names.push_back(part.name);
  for (const auto& [key, where, raw] : root.members) {
    const auto found =
        std::find_if(sections.begin(), sections.end(),
                     [&, &k = key](const section& x) { return x.name == k; });
    if (found == sections.end()) {
      fail(where, joined("", key),
           "unknown section" + did_you_mean(key, names));
      continue;
    }
    places_[key] = where;
    if (found->list.add) {
      read_list(found->list, raw, key);
      continue;
    }
    const auto table = settled(raw, "{");
    if (!check_table(table, key))
      continue;
    if (found->entries.at)
      read_entries(found->entries, table, key);
    else
      read_table(found->options, table, key);
  }
}

void reader::read_entries(const entry_table& entries, const node& raw,
                          const std::string& path) {
  for (const auto& [key, where, value] : raw.members) {
    const auto inner = joined(path, key);
    places_[inner] = where;
    const auto table = settled(value, "{");
    if (!check_table(table, inner))
      continue;
    auto rows = entries.at(key);
    read_table(rows, table, inner);
  }
}

void reader::read_table(std::vector<field>& rows, const node& raw,
                        const std::string& path) {
  std::vector<std::string> names;
  for (const auto& row : rows)
    names.push_back(row.name);
  for (const auto& [key, where, value] : raw.members) {
    const auto inner = joined(path, key);
    const auto row =
        std::find_if(rows.begin(), rows.end(),
                     [&, &k = key](const field& x) { return x.name == k; });
    if (row == rows.end()) {
      fail(where, inner, "unknown option" + did_you_mean(key, names));
      continue;
    }
    places_[inner] = value.where;
    read_value(*row, value, inner);
  }
}

void reader::read_value(field& row, const node& raw, const std::string& path) {
  const auto expect = [&](bool taken) {
    if (!taken)
      fail(raw.where, path, "expected " + expectation(row));
  };
  const auto& limits = row.limits;
  std::visit(
      overloaded{
          [&](text* value) {
            text given;
            if (!take_text(raw, given))
              expect(false);
            else if (!is_choice(limits, given))
              fail(raw.where, path,
                   "expected " + expectation(row)
                       + did_you_mean(given, limits.choices));
            else
              *value = std::move(given);
          },
          [&](flag* value) {
            const auto given = settled_plain(raw);
            expect(given.what == form::truth);
            *value = given.truth;
          },
          [&](integer* value) {
            expect(take_number(settled_plain(raw), limits, *value));
          },
          [&](number* value) {
            expect(take_number(settled_plain(raw), limits, *value));
          },
          [&](duration* value) { expect(take_duration(raw, limits, *value)); },
          [&](std::optional<integer>* value) {
            expect(take_number(settled_plain(raw), limits, value->emplace()));
          },
          [&](std::optional<number>* value) {
            expect(take_number(settled_plain(raw), limits, value->emplace()));
          },
          [&](std::optional<duration>* value) {
            expect(take_duration(raw, limits, value->emplace()));
          },
          [&](secret* value) { *value = read_secret(raw, path); },
          [&](text_list* value) { read_texts(*value, row, raw, path); },
          [&](secret_list* value) { read_secrets(*value, raw, path); },
          [&](text_table* value) { read_named_texts(*value, raw, path); },
          [&](entry_list& value) { read_list(value, raw, path); },
          [&](entry_object& value) {
            const auto table = settled(raw, "{");
            auto inner = value.rows();
            if (check_table(table, path))
              read_table(inner, table, path);
          },
          [&](entry_table& value) {
            const auto table = settled(raw, "{");
            if (check_table(table, path))
              read_entries(value, table, path);
          },
      },
      row.value);
}

void reader::read_texts(text_list& texts, const field& row, const node& raw,
                        const std::string& path) {
  const auto list = settled_list(raw);
  if (list.what != form::list)
    return fail(raw.where, path, "expected " + expectation(row));
  texts.clear();
  for (const auto& item : list.items) {
    text given;
    if (take_text(item, given) && is_choice(row.limits, given))
      texts.push_back(std::move(given));
    else
      fail(item.where, path,
           "expected " + expectation(row)
               + did_you_mean(given, row.limits.choices));
  }
}

void reader::read_named_texts(text_table& texts, const node& raw,
                              const std::string& path) {
  const auto table = settled(raw, "{");
  if (!check_table(table, path))
    return;
  texts.clear();
  for (const auto& [key, where, value] : table.members) {
    const auto inner = joined(path, key);
    places_[inner] = value.where;
    if (text given; take_text(value, given))
      texts[key] = std::move(given);
    else
      fail(value.where, inner, "expected a text");
  }
}

void reader::read_secrets(secret_list& secrets, const node& raw,
                          const std::string& path) {
  const auto list = settled_list(raw);
  if (list.what != form::list)
    return fail(raw.where, path,
                "expected a list, of which each is a text, { env = \"NAME\" } "
                "or { file = \"PATH\" }");
  secrets.clear();
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    auto value =
        read_secret(list.items[i], path + '[' + std::to_string(i) + ']');
    if (!value.empty())
      secrets.push_back(std::move(value));
  }
}

void reader::read_list(const entry_list& entries, const node& raw,
                       const std::string& path) {
  const auto list = settled(raw, "[");
  if (list.what != form::list)
    return fail(raw.where, path, "expected a list of tables");
  entries.clear();
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const auto inner = path + '[' + std::to_string(i) + ']';
    places_[inner] = list.items[i].where;
    auto rows = entries.add();
    if (check_table(list.items[i], inner))
      read_table(rows, list.items[i], inner);
  }
}

secret reader::read_secret(const node& raw, const std::string& path) {
  const auto given = settled(raw, "\"'{");
  if (given.what == form::quoted)
    return secret{given.text};
  if (given.what != form::table || given.members.size() != 1
      || given.members[0].value.what != form::quoted
      || given.members[0].value.text.empty()) {
    fail(raw.where, path, std::string{secret_expectation});
    return {};
  }
  const auto& [key, where, value] = given.members[0];
  if (key == "env") {
    const auto found = environment_.find(value.text);
    if (found != environment_.end() && !found->second.empty())
      return secret{found->second};
    result_.missing_secrets.push_back({raw.where, path, value.text, true});
    return {};
  }
  if (key != "file") {
    fail(where, path, std::string{secret_expectation});
    return {};
  }
  std::ifstream file{value.text, std::ios::binary};
  std::string content(longest_secret_file, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r'))
    content.pop_back();
  if (content.empty())
    fail(value.where, path,
         "expected a secret in the file " + shown(value.text)
             + ", which is empty or cannot be read");
  else if (is_writable_by_all(value.text))
    result_.warnings.push_back(
        {value.where, path, everybody_writes(value.text)});
  return secret{std::move(content)};
}

std::string expectation(const field& row) {
  const auto allowed = printed_bounds(row);
  const auto type = type_name(row);
  if (!row.limits.choices.empty())
    return type == "text" ? "one of " + allowed
                          : "a " + type + " out of " + allowed;
  auto result =
      type == "true or false" || type.ends_with("by name") ? type : "a " + type;
  if (!allowed.empty())
    result += " from " + allowed;
  if (type == "duration")
    result += ", such as \"90s\"";
  return result;
}

} // namespace telltale::config
