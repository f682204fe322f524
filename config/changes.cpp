#include "config/changes.hpp"

#include <algorithm>
#include <set>
#include <type_traits>

#include "config/problem.hpp"
#include "config/rows.hpp"

namespace telltale::config {

namespace {

/// Calls back with the path and both rows of every option of two settings, and
/// for a table that only one of them has, with its path alone.
class walk {
public:
  virtual ~walk() = default;
  void over(settings& old, settings& now);

protected:
  virtual void option(const std::string& path, field& a, field& b) = 0;
  virtual void came_or_went(const std::string& path) = 0;

private:
  void rows(std::vector<field> a, std::vector<field> b,
            const std::string& path);
  void tables(const entry_table& a, const entry_table& b,
              const std::string& path);
  void list(const section& a, const section& b);
};

void walk::over(settings& old, settings& now) {
  auto a = sections_of(old);
  auto b = sections_of(now);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].entries.at)
      tables(a[i].entries, b[i].entries, a[i].name);
    else if (a[i].list.add)
      list(a[i], b[i]);
    else
      rows(std::move(a[i].options), std::move(b[i].options), a[i].name);
  }
}

void walk::rows(std::vector<field> a, std::vector<field> b,
                const std::string& path) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto inner = joined(path, a[i].name);
    if (const auto* table = std::get_if<entry_table>(&a[i].value))
      tables(*table, std::get<entry_table>(b[i].value), inner);
    else
      option(inner, a[i], b[i]);
  }
}

void walk::tables(const entry_table& a, const entry_table& b,
                  const std::string& path) {
  const auto before = a.names();
  const auto after = b.names();
  std::set<std::string> all(before.begin(), before.end());
  all.insert(after.begin(), after.end());
  for (const auto& name : all) {
    const auto inner = joined(path, name);
    if (std::binary_search(before.begin(), before.end(), name)
        && std::binary_search(after.begin(), after.end(), name))
      rows(a.at(name), b.at(name), inner);
    else
      came_or_went(inner);
  }
}

void walk::list(const section& a, const section& b) {
  field before{a.name, a.list, {}, true, {}};
  field after{b.name, b.list, {}, true, {}};
  option(a.name, before, after);
}

bool same(const field& a, const field& b) {
  return std::visit(
      [&b](const auto& x) {
        using type = std::decay_t<decltype(x)>;
        const auto& y = std::get<type>(b.value);
        if constexpr (std::is_same_v<type, entry_list>)
          return x.same(x.object, y.object);
        else if constexpr (
            std::is_same_v<type,
                           entry_table> || std::is_same_v<type, entry_object>)
          return true; // walked into, or compared with the entry it is in
        else
          return *x == *y;
      },
      a.value);
}

class finder : public walk {
public:
  std::vector<change> found;

private:
  void option(const std::string& path, field& a, field& b) override {
    if (!same(a, b))
      found.push_back({path, a.live});
  }
  void came_or_went(const std::string& path) override {
    found.push_back({path, true});
  }
};

class keeper : public walk {
  void option(const std::string&, field& a, field& b) override {
    if (a.live)
      return;
    std::visit(
        [&b](const auto& x) {
          using type = std::decay_t<decltype(x)>;
          if constexpr (std::is_pointer_v<type>)
            *std::get<type>(b.value) = *x;
        },
        a.value);
  }
  void came_or_went(const std::string&) override {
    // Tables come and go in a running service.
  }
};

} // namespace

std::vector<change> find_changes(const settings& old, const settings& now) {
  auto a = old;
  auto b = now;
  finder walker;
  walker.over(a, b);
  return walker.found;
}

reload_report report_reload(const settings& old, const settings& now) {
  reload_report report;
  for (const auto& [path, differs] : find_changes(old, taken_over(old, now)))
    report.taken_over.push_back(path);
  const auto& taken = report.taken_over;
  for (auto& [path, live] : find_changes(old, now))
    if (std::find(taken.begin(), taken.end(), path) == taken.end())
      report.needs_restart.push_back(std::move(path));
  return report;
}

std::optional<std::string> reload_refusal(const settings& old,
                                          const settings& now) {
  const auto is_open = [](const settings& x) {
    return x.auth.runner_tokens.empty() && x.auth.operator_tokens.empty();
  };
  if (is_open(old) || !is_open(now))
    return std::nullopt;
  return "auth: the last token is gone, which would open the service to "
         "everybody who reaches it; nothing is taken over. Give it a token, or "
         "restart it if that is what you want";
}

settings taken_over(const settings& old, const settings& now) {
  auto before = old;
  auto result = now;
  keeper walker;
  walker.over(before, result);
  // A relay of another type with half of its old options would be neither.
  for (auto& [name, relay] : result.relays)
    if (const auto found = old.relays.find(name);
        found != old.relays.end()
        && found->second.type != now.relays.at(name).type)
      relay = found->second;
  return result;
}

} // namespace telltale::config
